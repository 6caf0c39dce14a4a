internal import Energy

/// What a series says was used of the measured energy, in microjoules, and how much of it scrapes have seen.
///
/// A series begins with the first scrape that shows it, at 0 or where it had stood, and what no scrape has seen does not go
/// with it. Both belong to `other`: whoever adds up what all series grew by from scrape to scrape misses nothing, however far
/// apart these are.
struct SeriesEnergy {
  /// Never falls, as far as scrapes see it.
  private(set) var used = ByDomain<UInt64>()
  private var shown = ByDomain<UInt64>()
  private var isShown = false

  var total: UInt64 { used.total }
  /// What no scrape has seen.
  var unshown: ByDomain<UInt64> { used - shown }

  static func += (left: inout SeriesEnergy, right: ByDomain<UInt64>) { left.used += right }

  /// A scrape is about to show it. Returns what was used before the first that does.
  mutating func show() -> ByDomain<UInt64> {
    let before = isShown ? ByDomain() : unshown
    if !isShown { used = shown }
    isShown = true
    shown = used
    return before
  }

  /// As scrapes have seen it last, for one that takes its place.
  func asShown() -> SeriesEnergy {
    var copy = self
    copy.used = shown
    return copy
  }

  /// The same, for one that comes back after scrapes without it.
  func afterAbsence() -> SeriesEnergy {
    var copy = asShown()
    copy.isShown = false
    return copy
  }
}
