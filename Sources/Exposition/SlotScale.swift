/// How finely the slots of a kernel histogram are told apart, and from which on.
///
/// Slots of schema 0 are the powers of two of `HistogramLayout`. Those of schema 3 are eight to each of these, one after the
/// other: slot `j` counts values in `(2^((j-248)/8), 2^((j-247)/8)]` s, as bucket `j - 247` of a native histogram of that schema
/// does. Source: "Native histograms" of the Prometheus documentation, where bucket `n` of schema `s` ends at
/// `2^(n · 2^-s)`.
package struct SlotScale: Sendable, Hashable {
  /// As native histograms number their resolutions: 2^schema slots to each power of two.
  package let schema: UInt8
  /// The first power of two whose slots are told apart: the first slot of it counts all that is less, too.
  package let first: UInt8

  /// - Parameters:
  ///   - isFine: eight slots to each power of two.
  ///   - first: as `HistogramLayout` numbers slots.
  package init(isFine: Bool = false, first: Int = 0) {
    schema = isFine ? 3 : 0
    self.first = UInt8(truncatingIfNeeded: first)
  }

  /// What is at most this many seconds is in the zero bucket: 2^-128 s stands for no time at all, which alone is in the first
  /// power of two.
  var zeroThreshold: Double {
    if first == 0 { return 0x1p-128 }
    return Self.bound(index(of: slots(before: Int(first))), schema: schema)
  }

  /// How many of `slots` are in the zero bucket.
  var zeroSlots: Int { first == 0 ? slots(before: 1) : slots(before: Int(first)) + 1 }

  /// The bucket of a native histogram that slot `slot` is.
  func index(of slot: Int) -> Int { slot + 1 - slots(before: 1 - HistogramLayout.unitExponent) }

  private func slots(before power: Int) -> Int { power << Int(schema) }

  /// Where bucket `index` ends: a product of exact powers and one of the eight roots.
  private static func bound(_ index: Int, schema: UInt8) -> Double {
    let (power, root) = (index >> Int(schema), index & (1 << Int(schema) - 1))
    return Double(sign: .plus, exponent: power, significand: roots[root << (3 - Int(schema))])
  }

  /// 2^(i/8).
  private static let roots = [
    1.0, 1.0905077326652577, 1.189207115002721, 1.2968395546510096, 1.4142135623730951, 1.5422108254079407,
    1.681792830507429, 1.8340080864093424,
  ]
}
