internal import BPFPrograms

/// Figures by process that programs of several collectors count: nothing but 64-bit counters.
extension process_detail {
  /// Each counter of two put together.
  private func merged(_ other: process_detail, _ operation: (UInt64, UInt64) -> UInt64) -> process_detail {
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

  static func += (left: inout process_detail, right: process_detail) { left = left.merged(right, &+) }

  /// Counter by counter; 0 where it would be negative.
  func subtracting(_ other: process_detail) -> process_detail { merged(other) { $0.subtracting($1) } }

  /// Counter by counter, the larger one.
  func raised(to other: process_detail) -> process_detail { merged(other, max) }

  /// The count of an event that is counted by process.
  subscript(event: ProcessorEvent) -> UInt64 {
    withUnsafeBytes(of: events) { $0.bindMemory(to: UInt64.self)[event.rawValue] }
  }
}
