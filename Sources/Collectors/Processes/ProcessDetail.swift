internal import Energy
internal import BPFPrograms

/// Figures by process that programs of several collectors count: nothing but 64-bit counters.
extension ProcessDetail {
  /// Each counter of two put together.
  private func merged(_ other: ProcessDetail, _ operation: (UInt64, UInt64) -> UInt64) -> ProcessDetail {
    var result = self
    withUnsafeMutableBytes(of: &result) { left in
      withUnsafeBytes(of: other) { right in
        let words = left.bindMemory(to: UInt64.self)
        for (index, word) in right.bindMemory(to: UInt64.self).enumerated() {
          words[index] = operation(words[index], word)
        }
      }
    }
    return result
  }

  static func += (left: inout ProcessDetail, right: ProcessDetail) { left = left.merged(right, &+) }

  /// Counter by counter; 0 where it would be negative.
  func subtracting(_ other: ProcessDetail) -> ProcessDetail { merged(other) { $0.subtracting($1) } }

  /// Counter by counter, the larger one.
  func raised(to other: ProcessDetail) -> ProcessDetail { merged(other, max) }

  /// The count of an event that is counted by process.
  subscript(event: ProcessorEvent) -> UInt64 {
    withUnsafeBytes(of: events) { $0.bindMemory(to: UInt64.self)[event.rawValue] }
  }
}
