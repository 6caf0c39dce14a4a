internal import Energy

/// A C struct of nothing but 64-bit counters.
protocol CounterStruct {}

extension CounterStruct {
  /// Each counter of two put together.
  func merged(_ other: Self, _ operation: (UInt64, UInt64) -> UInt64) -> Self {
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

  static func += (left: inout Self, right: Self) { left = left.merged(right, &+) }

  /// Counter by counter; 0 where it would be negative.
  func subtracting(_ other: Self) -> Self { merged(other) { $0.subtracting($1) } }
}
