import Testing

@testable import Recording

@Suite struct TimelineTests {
  private static let second: UInt64 = 1_000_000_000

  private static func gap(
    realtime: Int64, monotonic: UInt64, boottime: UInt64, missed: UInt64 = 0
  ) -> RecordedTime {
    let start = Instant(realtime: 1_000_000 * second, monotonic: 10 * second, boottime: 20 * second)
    var timeline = Timeline()
    _ = timeline.next(start, missed: 0)
    let next = Instant(
      realtime: UInt64(Int64(start.realtime) + realtime), monotonic: start.monotonic + monotonic,
      boottime: start.boottime + boottime)
    return timeline.next(next, missed: missed)
  }

  @Test func anIntervalIsNoGap() {
    let time = Self.gap(realtime: 1_000_000_100, monotonic: Self.second, boottime: Self.second + 50)
    #expect(time.gaps.isEmpty)
    #expect(time.elapsed == Self.second)
  }

  /// NTP has a clock run faster by up to half a thousandth.
  @Test func aClockThatIsSlewedIsNoGap() {
    #expect(
      Self.gap(realtime: 3_601_800_000_000, monotonic: 3600 * Self.second, boottime: 3600 * Self.second).gaps == [])
  }

  @Test func sleepIsWhatBootTimeIsAhead() {
    let time = Self.gap(realtime: 61_000_000_000, monotonic: Self.second, boottime: 61 * Self.second)
    #expect(time.gaps == ["suspend"])
    #expect(time.suspended == 60 * Self.second)
    #expect(time.elapsed == Self.second)
  }

  @Test(arguments: [3_600_000, -3_600_000, 12])
  func aStepIsWhatTheWallClockIsAhead(_ milliseconds: Int64) {
    let time = Self.gap(
      realtime: 1_000_000_000 + milliseconds * 1_000_000, monotonic: Self.second, boottime: Self.second)
    #expect(time.gaps == ["clock"])
    #expect(time.step == milliseconds)
  }

  @Test func allOfThemAtOnce() {
    let time = Self.gap(realtime: 100_000_000_000, monotonic: Self.second, boottime: 61 * Self.second, missed: 4)
    #expect(time.gaps == ["suspend", "clock", "late"])
    #expect(time.step == 39_000)
  }

  @Test func noClocksTrap() {
    var timeline = Timeline()
    for value in [0, UInt64.max, 1, UInt64.max / 2, 0] {
      _ = timeline.next(Instant(realtime: value, monotonic: ~value, boottime: value / 3), missed: value)
    }
  }
}
