/// Which of the kernel's log2 slots become classic buckets.
///
/// Slot `i` of a kernel histogram counts values in `(2^(i-1), 2^i]` units of 2^-30 s (slot 0: up to one unit), so its
/// upper bound is `2^(i-30)` s. The classic `le`s run from `2^lowest` to `2^highest` s; what lies below falls into the
/// first, what lies above into `+Inf` only.
package struct HistogramLayout: Sendable, Hashable {
  /// The exponent of one kernel unit: 2^-30 s.
  package static let unitExponent = -30

  /// The exponent of the highest bound there is: 2^64 kernel units.
  package static let greatestExponent = unitExponent + 64

  /// Exponent of the lowest upper bound shown, in seconds.
  package var lowest: Int { Int(least) }
  /// Exponent of the highest finite upper bound shown, in seconds.
  package var highest: Int { Int(greatest) }

  // a sample holds one
  private let least: Int8
  private let greatest: Int8

  package init(lowest: Int, highest: Int) {
    precondition(lowest <= highest && lowest >= Self.unitExponent, "bounds run upwards from 2^-30 s")
    precondition(highest <= Self.greatestExponent, "no kernel value reaches beyond 2^34 s")
    least = Int8(lowest)
    greatest = Int8(highest)
  }

  /// Calls `body` with each finite bound's exponent and how many values are within it. Slot `i` ends at
  /// `2^(i + unitExponent)`, so a bound's bucket holds all slots up to its own, however finely they are told apart.
  ///
  /// - Returns: how many values there are in all.
  package func cumulate(
    _ slots: ArraySlice<UInt64>, _ scale: SlotScale, _ body: (_ exponent: Int, _ count: UInt64) -> Void
  ) -> UInt64 {
    var next = slots.startIndex
    var count: UInt64 = 0
    for exponent in lowest...highest {
      let end = min(slots.startIndex + (exponent - Self.unitExponent + 1) << scale.schema, slots.endIndex)
      while next < end {
        count &+= slots[next]
        next += 1
      }
      body(exponent, count)
    }
    return slots[next...].reduce(count, &+)
  }
}
