internal import Exposition

/// How many values lie where: the slots of a kernel histogram, by power of two.
package struct Distribution: Sendable, Hashable {
  /// Slot `i` counts values in `(2^(i-31), 2^(i-30)]`, slot 0 all that are less.
  package let slots: [UInt64]
  /// Of the values.
  package let sum: Double

  package init(slots: [UInt64], sum: Double) {
    self.slots = slots
    self.sum = sum
  }

  package var count: UInt64 { slots.reduce(0, &+) }
  /// nil: there are no values.
  package var mean: Double? { count == 0 ? nil : sum / Double(count) }

  /// The value that a slot's values do not exceed.
  package static func bound(_ slot: Int) -> Double {
    Double(sign: .plus, exponent: slot + HistogramLayout.unitExponent, significand: 1)
  }

  /// The value that `share` of all do not exceed, taken as spread evenly in their slot; nil: there are none.
  package func quantile(_ share: Double) -> Double? {
    Self.quantile(
      share,
      of: slots.enumerated().map { slot, count in (slot == 0 ? 0 : Self.bound(slot - 1), Self.bound(slot), count) })
  }

  /// The same of any ranges, in rising order.
  static func quantile(_ share: Double, of ranges: [(lower: Double, upper: Double, count: UInt64)]) -> Double? {
    let total = ranges.reduce(0.0) { $0 + Double($1.count) }
    guard total > 0 else { return nil }
    let wanted = share * total
    var below = 0.0
    for (lower, upper, count) in ranges where count > 0 {
      let count = Double(count)
      if below + count >= wanted { return lower + (upper - lower) * max(0, wanted - below) / count }
      below += count
    }
    return ranges.last { $0.count > 0 }?.upper
  }

  /// How many are at most `2^exponent`.
  package func count(upTo exponent: Int) -> UInt64 {
    slots.prefix(max(0, exponent - HistogramLayout.unitExponent + 1)).reduce(0, &+)
  }
}
