import Testing

@testable import Host

/// Counts scaled up for the time an event was not on the hardware.
@Suite struct SharedPerfCounterTests {
  private func value(_ readings: [(UInt64, UInt64, UInt64)]) -> UInt64 {
    var count = ScaledCount()
    for reading in readings { count.advance(to: .init(count: reading.0, enabled: reading.1, running: reading.2)) }
    return count.value
  }

  @Test func eventThatAlwaysCountsIsNotScaled() {
    #expect(value([(1_000, 10, 10), (5_000, 60, 60)]) == 5_000)
  }

  @Test func countIsScaledByEnabledOverRunning() {
    #expect(value([(1_000, 40, 10)]) == 4_000)
    #expect(value([(1_000, 40, 10), (1_500, 60, 20)]) == 4_000 + 1_000)
  }

  /// perf's estimate over the whole time may fall from one reading to the next: 6,000 of 60, then 1,500 · 3 = 4,500.
  @Test func countNeverFalls() {
    let readings: [(UInt64, UInt64, UInt64)] = [(1_000, 60, 10), (1_500, 90, 30)]
    #expect(value(Array(readings.prefix(1))) == 6_000)
    #expect(value(readings) == 6_000 + 750)
  }

  @Test func timeOffTheHardwareIsMadeUpForByTheNextReading() {
    #expect(value([(100, 10, 10), (100, 20, 10), (200, 30, 20)]) == 100 + 200)
  }

  @Test func largeCountsDoNotOverflow() {
    #expect(value([(1 << 62, 1 << 40, 1 << 40)]) == 1 << 62)
    #expect(value([(1 << 50, 1 << 41, 1 << 40)]) == 1 << 51)
  }

  @Test func eventThatBeganAnewGoesOnFromWhereItWas() {
    var count = ScaledCount()
    count.advance(to: .init(count: 100, enabled: 10, running: 10))
    count.restart()
    count.advance(to: .init(count: 30, enabled: 3, running: 3))
    #expect(count.value == 130)
  }

  @Test func eventThatDoesNotExistIsRefused() {
    let error: SystemError?
    do throws(SystemError) {
      _ = try SharedPerfCounter(type: 1, config: 9_999, cpu: 0, name: "nothing")
      error = nil
    } catch let caught {
      error = caught
    }
    #expect(error?.path == "nothing")
  }
}
