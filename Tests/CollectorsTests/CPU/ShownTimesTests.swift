import Testing

@testable import Collectors

@Suite struct ShownTimesTests {
  private static func shown(_ readings: [(now: UInt64, value: UInt64)]) -> [UInt64] {
    var times = ShownTimes(modes: 1)
    return readings.map {
      times.advance(to: [$0.value], now: $0.now)
      return times.values[0]
    }
  }

  @Test func firstReadingIsTakenAsItIs() { #expect(Self.shown([(5, 1_000)]) == [1_000]) }

  @Test func timeNeverFalls() { #expect(Self.shown([(5, 100), (10, 98), (20, 101)]) == [100, 100, 101]) }

  /// An idle slice of 50 that counts twice for a moment.
  @Test func noTimeIsShownThatHasNotPassed() {
    #expect(Self.shown([(100, 100), (160, 210), (170, 170), (200, 200)]) == [100, 160, 170, 200])
    #expect(Self.shown([(100, 0), (110, 30), (120, 30), (130, 30), (140, 30)]) == [0, 10, 20, 30, 30])
  }
}
