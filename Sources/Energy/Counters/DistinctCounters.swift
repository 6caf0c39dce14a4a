/// Whether two counters that are said to measure two things do: dies of a package have one counter between them on AMD's
/// processors, and on Intel's wherever the interface counts packages.
///
/// They are taken for one until they have grown apart by more than the package can draw in the time between the readings.
package struct DistinctCounters: Sendable, Hashable {
  /// RAPL's registers are brought up to date once in this time, in nanoseconds.
  private static let refresh: UInt64 = 1_000_000

  private struct Anchor: Hashable {
    let first: UInt64
    let second: UInt64
    /// By how many nanoseconds the two were read apart, at most.
    let gap: UInt64
  }

  /// For good, once it is proved.
  package private(set) var areProved = false
  private var anchor: Anchor?

  package init() {}

  /// Takes what both have added up to, in microjoules, as it was read within `gap` nanoseconds.
  package mutating func take(_ first: UInt64, _ second: UInt64, gap: UInt64, mostWatts: UInt64) {
    if areProved { return }
    guard let anchor, first >= anchor.first, second >= anchor.second else {
      anchor = Anchor(first: first, second: second, gap: gap)
      return
    }
    let grown = (first - anchor.first, second - anchor.second)
    let apart = max(grown.0, grown.1) - min(grown.0, grown.1)
    let time = anchor.gap.saturating(plus: gap).saturating(plus: 2 * Self.refresh)
    let (possible, over) = (time / 1000).multipliedReportingOverflow(by: mostWatts)
    areProved = !over && apart > possible
  }

  /// One of them was not read: what they have grown by is compared from the next time on.
  package mutating func lose() { anchor = nil }
}
