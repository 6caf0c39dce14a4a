import Collecting
import Energy
import Exposition
import Testing

@testable import Collectors

/// A file or an event that can be read is no sensor yet: it is believed once it has moved, and no longer once it stands still.
@Suite struct SilentSensorTests {
  let host: EnergyFixture
  init() throws { host = try EnergyFixture() }

  private func silentPsys() throws {
    try host.pmu(cpus: [(0, 0, 0)], events: [("energy-psys", 5)])
    try host.counts(cpu: 0, config: 5, joules: Array(repeating: 0, count: 1000))
  }

  /// What guests on Sapphire and Emerald Rapids have.
  @Test func counterThatNeverMovesIsAbsentAndNamed() throws {
    try silentPsys()
    let collector = try host.makeCollector()
    for step in 1...100 as ClosedRange<UInt64> { collector.sample(at: step * .second) }
    #expect(try collector.series().isEmpty)
    #expect(collector.roleNames.isEmpty)
    #expect(collector.unavailability?.reason == .absent)
    #expect(collector.unavailability?.message.contains("perf psys/psys does not move") == true)
    #expect(collector.unavailability?.message.contains("Sapphire") == true)
    #expect(collector.unavailability?.cure.contains("--energy.model") == true)
  }

  /// Whatever a dead register holds, and however many there are.
  @Test(arguments: [0, 1, 7_000_000, 262_143_328_849] as [UInt64])
  func registersThatStandStillAreCounted(reading: UInt64) throws {
    try host.zone("intel-rapl:0", "package-0", reading)
    try host.zone("intel-rapl:0:0", "dram", reading)
    let collector = try host.makeCollector()
    collector.sample(at: .second)
    #expect(try collector.series().isEmpty)
    #expect(collector.unavailability?.message.contains("rapl 0/package-0 does not move (nor 1 more)") == true)
    try host.set("intel-rapl:0", (reading + 5) % 262_143_328_911)
    collector.sample(at: 2 * .second)
    #expect(collector.unavailability == nil)
    #expect(try collector.series().keys(of: "energy_joules") == ["rapl/0/package-0"])
  }

  @Test func powerOfNothingIsNoSensor() throws {
    try host.chip(0, "power_meter", ["power1_average": "0"])
    let collector = try host.makeCollector()
    collector.sample(at: .second)
    #expect(try collector.series().isEmpty)
    #expect(collector.unavailability?.reason == .absent)
  }

  /// One that does not count is not chosen over one that does, whatever the order of sources.
  @Test func silentCounterLeavesItsPlaceToOneThatMoves() throws {
    try host.pmu(cpus: [(0, 0, 0)], events: [("energy-pkg", 2)])
    try host.counts(cpu: 0, config: 2, joules: Array(repeating: 0, count: 10) + [1, 2, 3])
    try host.zone("intel-rapl:0", "package-0", 0)
    let collector = try host.makeCollector()
    for step in 1...9 as ClosedRange<UInt64> {
      try host.set("intel-rapl:0", step)
      collector.sample(at: step * .second)
      #expect(collector.roleNames == ["rapl 0/package-0": "primary"])
    }
    collector.sample(at: 10 * .second)
    #expect(collector.roleNames == ["rapl 0/package-0": "duplicate", "perf 0/package-0": "primary"])
  }

  @Test func silentCounterDoesNotHideTheModel() throws {
    try silentPsys()
    try host.zone("intel-rapl:0", "package-0", 5)
    var model = PowerModel()
    model.idleWatts = 10
    let collector = try host.makeCollector(model: model, activity: StillActivity())
    for step in 1...3 as ClosedRange<UInt64> { collector.sample(at: step * .second) }
    #expect(collector.roleNames == ["model 0/package-0": "primary"])
    #expect(collector.basis == .model)
    #expect(collector.unavailability == nil)
    let lines = ScaphandreFamilies().lines(EnergyFigures(readings: collector.readings, tables: nil, basis: .model))
    #expect(lines.of("scaph_host_power_microwatts") == [#"{source="model"} 10000000"#])
  }

  @Test func counterThatStandsStillForLongIsAbsentUntilItMoves() throws {
    try host.zone("intel-rapl:0", "package-0", 0)
    try host.zone("intel-rapl-mmio:0", "package-0", 0)
    let collector = try host.makeCollector()
    try host.set("intel-rapl:0", 10_000_000)
    try host.set("intel-rapl-mmio:0", 10_000_000)
    collector.sample(at: .second)
    #expect(collector.roleNames == ["rapl 0/package-0": "primary", "rapl 0/package-0-mmio": "duplicate"])
    for step in 2...302 as ClosedRange<UInt64> {
      #expect(try collector.series().joules("rapl/0/package-0") == 10)
      try host.set("intel-rapl-mmio:0", 10_000_000 + step)
      collector.sample(at: step * .second)
    }
    // its twin takes its place
    #expect(collector.roleNames == ["rapl 0/package-0-mmio": "primary"])
    #expect(try collector.series().keys(of: "energy_joules") == ["rapl/0/package-0-mmio"])
    #expect(try collector.series().keys(of: "power_watts") == ["rapl/0/package-0-mmio"])
    try host.set("intel-rapl:0", 11_000_000)
    collector.sample(at: 303 * .second)
    #expect(try collector.series().joules("rapl/0/package-0") == 11)
    #expect(collector.roleNames == ["rapl 0/package-0": "primary", "rapl 0/package-0-mmio": "duplicate"])
  }

  /// Energy counts from the end of the probe at the start, which is no window.
  @Test func probeBelievesWhatMovesAndCountsNothing() throws {
    try host.zone("intel-rapl:0", "package-0", 100)
    try host.zone("intel-rapl:1", "package-1", 100)
    let collector = try host.makeCollector()
    #expect(!collector.isProved)
    try host.set("intel-rapl:0", 120)
    collector.prove(at: .second / 50)
    #expect(!collector.isProved)
    collector.settle()
    #expect(collector.roleNames == ["rapl 0/package-0": "primary"])
    var state = try collector.series()
    #expect(state.joules("rapl/0/package-0") == 0)
    #expect(state.keys(of: "power_watts").isEmpty)
    try host.set("intel-rapl:0", 2_000_120)
    collector.sample(at: .second / 50 + .second)
    state = try collector.series()
    #expect(state.joules("rapl/0/package-0") == 2)
    #expect(state.watts("rapl/0/package-0") == 2)
    #expect(state.keys(of: "energy_joules") == ["rapl/0/package-0"])
  }
}
