/// When series began to count, as scrapers are told it: turns moments of CLOCK_MONOTONIC into Unix time.
///
/// Both clocks are held against each other once, so that the start of a series never changes from one scrape to the next. Where
/// the wall clock is set afterwards, and where the machine sleeps (CLOCK_MONOTONIC stands still then), later starts keep the
/// old difference.
package struct SeriesClock: Sendable, Hashable {
  /// When whatever does not say otherwise began to count from 0, in milliseconds since the Unix epoch.
  let began: UInt64
  /// CLOCK_REALTIME less CLOCK_MONOTONIC in nanoseconds, modulo 2^64.
  private let difference: UInt64

  /// - Parameters:
  ///   - monotonic: CLOCK_MONOTONIC in nanoseconds, before anything is counted.
  ///   - realtime: CLOCK_REALTIME at the same moment, in nanoseconds since the Unix epoch.
  package init(monotonic: UInt64, realtime: UInt64) {
    difference = realtime &- monotonic
    began = realtime / 1_000_000
  }

  private init(began: UInt64, difference: UInt64) {
    self.began = began
    self.difference = difference
  }

  /// The same of what began to count from 0 at `monotonic` (CLOCK_MONOTONIC in nanoseconds) unless it says otherwise.
  package func beginning(at monotonic: UInt64) -> SeriesClock {
    SeriesClock(began: milliseconds(monotonic), difference: difference)
  }

  /// Milliseconds since the Unix epoch, rounded down: a counter is never said to have begun after its first increment.
  func milliseconds(_ monotonic: UInt64) -> UInt64 { (monotonic &+ difference) / 1_000_000 }
}
