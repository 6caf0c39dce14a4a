/// What a series says was used of the measured energy, in microjoules, and how much of it scrapes have seen.
///
/// A series begins with the first scrape that shows it, at 0 or where it had stood, and what no scrape has seen does not go
/// with it. Both belong to `other`: whoever adds up what all series grew by from scrape to scrape misses nothing, however far
/// apart these are.
package struct SeriesEnergy: Sendable {
  /// Never falls, as far as scrapes see it.
  package private(set) var used = DomainValues<UInt64>()
  private var shown = DomainValues<UInt64>()
  private var isShown = false

  package init() {}

  package var total: UInt64 { used.total }
  /// What no scrape has seen.
  package var unshown: DomainValues<UInt64> { used - shown }

  package static func += (left: inout SeriesEnergy, right: DomainValues<UInt64>) { left.used += right }

  /// A scrape is about to show it. Returns what was used before the first that does.
  package mutating func show() -> DomainValues<UInt64> {
    let before = isShown ? DomainValues() : unshown
    if !isShown { used = shown }
    isShown = true
    shown = used
    return before
  }

  /// As scrapes have seen it last, for one that takes its place.
  package func asShown() -> SeriesEnergy {
    var copy = self
    copy.used = shown
    return copy
  }

  /// The same, for one that comes back after scrapes without it.
  package func afterAbsence() -> SeriesEnergy {
    var copy = asShown()
    copy.isShown = false
    return copy
  }
}
