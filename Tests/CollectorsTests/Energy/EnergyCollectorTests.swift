import Collecting
import Exposition
import Glibc
import Testing

@testable import Collectors

@Suite struct EnergyCollectorTests {
  let host: EnergyFixture
  init() throws { host = try EnergyFixture() }

  @Test func machineWithoutSensorsIsAbsent() {
    let failure = host.failure()
    #expect(failure?.reason == .absent)
    #expect(failure?.message.hasPrefix("no RAPL zone in \(host.path("class/powercap")), no power PMU") == true)
    #expect(failure?.cure.contains("intel_rapl_msr") == true)
  }

  @Test func everyZoneHasItsOwnSeries() throws {
    try host.zone("intel-rapl:0", "package-0", 0)
    try host.zone("intel-rapl:0:0", "core", 0)
    try host.zone("intel-rapl:0:1", "dram", 0, range: 65_712_999_613)
    // Gaps in the numbering, and dies.
    try host.zone("intel-rapl:3", "package-1-die-1", 0)
    try host.zone("intel-rapl:3:2", "dram", 0)
    try host.zone("intel-rapl:7", "psys", 0)
    try host.zone("intel-rapl-mmio:0", "package-0", 0)
    try host.zone("intel-rapl:9", "package-0", 0)
    let zones = [
      "rapl/0/core", "rapl/0/dram", "rapl/0/package-0", "rapl/0/package-0-2", "rapl/0/package-0-mmio",
      "rapl/1/dram-die-1", "rapl/1/package-1-die-1", "rapl/psys/psys",
    ]
    let collector = try host.makeProvedCollector()
    var state = try collector.series()
    #expect(state.keys(of: "energy_joules") == zones)
    #expect(state.keys(of: "energy_source_errors") == zones)
    // Nothing is known of a window before it has ended.
    #expect(state.keys(of: "power_watts").isEmpty)
    #expect(state["energy_window_seconds"] == nil)
    collector.sample(at: .second)
    state = try collector.series()
    #expect(state.keys(of: "power_watts") == zones)
    #expect(collector.warnings.isEmpty)
  }

  @Test func energyCountsFromTheStartAndPowerIsOfTheLastWindow() throws {
    try host.zone("intel-rapl:0", "package-0", 7_000_000)
    try host.zone("intel-rapl:1", "package-1", 90_000_000)
    let collector = try host.makeCollector(at: 100 * .second)
    try host.set("intel-rapl:0", 57_000_000)
    try host.set("intel-rapl:1", 90_000_001)
    collector.sample(at: 101 * .second)
    try host.set("intel-rapl:0", 187_000_000)
    collector.sample(at: 103 * .second)
    let state = try collector.series()
    #expect(state.joules("rapl/0/package-0") == 180)
    #expect(state.watts("rapl/0/package-0") == 65)
    #expect(state.joules("rapl/1/package-1") == 0.000001)
    #expect(state.watts("rapl/1/package-1") == 0)
    #expect(state["energy_window_seconds"] == .decimal(2 * .second, digits: 9))
    // A scrape takes no reading.
    try host.set("intel-rapl:0", 999_000_000)
    #expect(try collector.series().joules("rapl/0/package-0") == 180)
  }

  @Test func wrapBetweenTwoSamplesIsCounted() throws {
    try host.zone("intel-rapl:0", "package-0", 262_143_328_850)
    try host.zone("intel-rapl:0:0", "dram", 65_712_999_000, range: 65_712_999_613)
    let collector = try host.makeCollector()
    try host.set("intel-rapl:0", 99_999_939)
    try host.set("intel-rapl:0:0", 372)
    collector.sample(at: .second)
    let state = try collector.series()
    // 61 µJ is one step of the register.
    #expect(state.joules("rapl/0/package-0") == 100)
    #expect(state.joules("rapl/0/dram") == 0.001)
    #expect(state.errors("rapl/0/package-0") == 0)
  }

  @Test func stepBackWithoutARangeIsHeldAndCounted() throws {
    try host.zone("intel-rapl:0", "package-0", 5_000_000, range: nil)
    let collector = try host.makeCollector()
    try host.set("intel-rapl:0", 1_000_000)
    collector.sample(at: .second)
    var state = try collector.series()
    #expect(state.joules("rapl/0/package-0") == nil)
    #expect(state.errors("rapl/0/package-0") == 1)
    #expect(state.watts("rapl/0/package-0") == nil)
    try host.set("intel-rapl:0", 3_000_000)
    collector.sample(at: 2 * .second)
    state = try collector.series()
    #expect(state.joules("rapl/0/package-0") == 2)
    #expect(state.watts("rapl/0/package-0") == 2)
  }

  @Test(arguments: [EINVAL, EIO])
  func failedReadingLeavesTheWindowOpen(code: CInt) throws {
    try host.zone("intel-rapl:0", "package-0", 0)
    let collector = try host.makeCollector()
    try host.set("intel-rapl:0", 5_000_000)
    collector.sample(at: .second)
    #expect(try collector.series().watts("rapl/0/package-0") == 5)
    host.failRead(host.zonePath("intel-rapl:0"), code)
    try host.set("intel-rapl:0", 10_000_000)
    collector.sample(at: 2 * .second)
    var state = try collector.series()
    #expect(state.joules("rapl/0/package-0") == 5)
    #expect(state.watts("rapl/0/package-0") == nil)
    #expect(state.errors("rapl/0/package-0") == 1)
    host.failRead(host.zonePath("intel-rapl:0"), nil)
    try host.set("intel-rapl:0", 35_000_000)
    collector.sample(at: 4 * .second)
    state = try collector.series()
    #expect(state.joules("rapl/0/package-0") == 35)
    #expect(state.watts("rapl/0/package-0") == 10)
    #expect(state.errors("rapl/0/package-0") == 1)
  }

  @Test func textInTheCounterIsAFailedReading() throws {
    try host.zone("intel-rapl:0", "package-0", 0)
    let collector = try host.makeCollector()
    try host.write("class/powercap/intel-rapl:0/energy_uj", "<not supported>\n")
    collector.sample(at: .second)
    #expect(try collector.series().errors("rapl/0/package-0") == 1)
    try host.set("intel-rapl:0", 4_000_000)
    collector.sample(at: 2 * .second)
    #expect(try collector.series().watts("rapl/0/package-0") == 2)
  }

  @Test func periodIsTheIntervalOrHalfTheTimeToAWrap() throws {
    try host.zone("intel-rapl:0", "package-0", 0)
    let often = try host.makeCollector()
    #expect(often.samplingInterval == .second)
    let seldom = try host.makeCollector(interval: 60 * .second)
    // 262143.3 J at 4000 W last 65.5 s.
    #expect(seldom.samplingInterval == 32_767_916_113)
    // A zone with a shorter range that comes later shortens it further, and it stays so while the zone is gone for a while.
    try host.zone("intel-rapl:0:0", "dram", 0, range: 65_712_999_613)
    seldom.sample(at: 60 * .second)
    #expect(seldom.samplingInterval == 8_214_124_953)
    #expect(often.samplingInterval == .second)
  }

  @Test func absurdRangeDoesNotMakeItSpin() throws {
    try host.zone("intel-rapl:0", "package-0", 0, range: 7)
    #expect(try host.makeCollector().samplingInterval == 100_000_000)
  }

  /// Every wrap is seen at the period chosen, at the highest power allowed for, from every phase.
  @Test func noWrapIsMissedAtFullPower() throws {
    let range: UInt64 = 65_712_999_613
    let modulus = range + 15
    for phase in 0..<8 as Range<UInt64> {
      let start = modulus / 8 * phase
      try host.zone("intel-rapl:0", "package-0", start, range: range)
      let collector = try host.makeCollector(interval: 60 * .second)
      let period = collector.samplingInterval
      for step in 1...20 as ClosedRange<UInt64> {
        // 4000 W are 4 µJ a microsecond.
        try host.set("intel-rapl:0", (start + step * (period / 1000) * 4) % modulus)
        collector.sample(at: step * period)
      }
      #expect(try collector.series().joules("rapl/0/package-0") == Double(20 * (period / 1000) * 4) / 1e6)
      #expect(try collector.series().errors("rapl/0/package-0") == 0)
    }
  }

  @Test func familiesAreThoseItWrites() throws {
    try host.zone("intel-rapl:0", "package-0", 0)
    var writer = SampleWriter()
    try host.makeCollector().collect(into: &writer)
    #expect(writer.finish().families == EnergyCollector.families)
  }
}
