/// The clocks of a moment.
package struct Instant: Sendable, Hashable {
  /// CLOCK_REALTIME, nanoseconds since the Unix epoch.
  package let realtime: UInt64
  /// CLOCK_MONOTONIC in nanoseconds, which stands still while the machine sleeps.
  package let monotonic: UInt64
  /// CLOCK_BOOTTIME in nanoseconds, which does not.
  package let boottime: UInt64

  package init(realtime: UInt64, monotonic: UInt64, boottime: UInt64) {
    self.realtime = realtime
    self.monotonic = monotonic
    self.boottime = boottime
  }
}

/// Tells what happened between two collections, by the three clocks.
package struct Timeline: Sendable {
  /// The clocks are read one after the other: what is less may be a pause between two readings.
  private static let least: Int64 = 10_000_000

  private var last: Instant?

  package init() {}

  /// - Parameter missed: collections left out since the last one.
  package mutating func next(_ instant: Instant, missed: UInt64) -> RecordedTime {
    defer { last = instant }
    let milliseconds = Int64(clamping: instant.realtime / 1_000_000)
    guard let last else { return RecordedTime(milliseconds: milliseconds, elapsed: 0, missed: missed) }
    let elapsed = Self.difference(instant.monotonic, last.monotonic)
    let sinceBoot = Self.difference(instant.boottime, last.boottime)
    let asleep = sinceBoot.subtractingReportingOverflow(elapsed).partialValue
    let step = Self.difference(instant.realtime, last.realtime).subtractingReportingOverflow(sinceBoot).partialValue
    // adjtime(3) and NTP may have the wall clock run faster or slower by up to half a thousandth
    let tolerance = max(Self.least, sinceBoot / 1000)
    return RecordedTime(
      milliseconds: milliseconds, elapsed: UInt64(clamping: elapsed),
      suspended: asleep >= Self.least ? UInt64(asleep) : 0,
      step: step.magnitude >= tolerance.magnitude ? step / 1_000_000 : 0, missed: missed)
  }

  private static func difference(_ one: UInt64, _ other: UInt64) -> Int64 {
    Int64(truncatingIfNeeded: one &- other)
  }
}
