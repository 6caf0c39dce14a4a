import Collecting
import Exposition
import Glibc
import Testing

@testable import Collectors

/// Zones that may not be read, vanish, come back or never work.
@Suite struct EnergyCollectorFailureTests {
  let host: EnergyFixture
  init() throws { host = try EnergyFixture() }

  @Test func zoneThatMayNotBeReadIsAbsentAndToldOfOnce() throws {
    try host.zone("intel-rapl:0", "package-0", 0)
    try host.zone("intel-rapl:1", "package-1", 0)
    try host.zone("intel-rapl:2", "package-2", 0)
    host.failOpen(host.zonePath("intel-rapl:1"), EACCES)
    host.failOpen(host.zonePath("intel-rapl:2"), EACCES)
    let collector = try host.makeProvedCollector()
    for step in 1...70 as ClosedRange<UInt64> { collector.sample(at: step * .second) }
    #expect(try collector.series().keys(of: "energy_joules") == ["rapl/0/package-0"])
    #expect(try collector.series().keys(of: "energy_source_errors") == ["rapl/0/package-0"])
    #expect(
      collector.warnings == [
        "open \(host.zonePath("intel-rapl:1")): Permission denied (and 1 more); "
          + "run as root or grant CAP_DAC_READ_SEARCH: the file is its owner's alone"
      ])
    // Granted later: found at the next discovery, counted from then.
    host.failOpen(host.zonePath("intel-rapl:1"), nil)
    try host.set("intel-rapl:1", 500)
    for step in 71...130 as ClosedRange<UInt64> { collector.sample(at: step * .second) }
    #expect(try collector.series().joules("rapl/1/package-1") == nil)
    try host.set("intel-rapl:1", 700)
    collector.sample(at: 131 * .second)
    #expect(try collector.series().joules("rapl/1/package-1") == 0.0002)
  }

  @Test(arguments: [EACCES, EPERM])
  func nothingReadableIsAMissingPermission(code: CInt) throws {
    try host.zone("intel-rapl:0", "package-0", 0)
    host.failOpen(host.zonePath("intel-rapl:0"), code)
    let failure = host.failure()
    #expect(failure?.reason == .permission)
    #expect(failure?.message.contains("intel-rapl:0/energy_uj") == true)
    #expect(failure?.cure.contains("CAP_DAC_READ_SEARCH") == true)
  }

  @Test func missingPermissionOutweighsABrokenZone() throws {
    try host.zone("intel-rapl:0", "package-0", 0)
    try host.zone("intel-rapl:1", "package-1", 0)
    host.failRead(host.zonePath("intel-rapl:0"), EIO)
    host.failOpen(host.zonePath("intel-rapl:1"), EACCES)
    #expect(host.failure()?.reason == .permission)
  }

  @Test func nothingThatCanBeReadIsAReadFailure() throws {
    // A folder where the counter should be: the kernel's own EISDIR.
    try host.write("class/powercap/intel-rapl:0/name", "package-0\n")
    try host.write("class/powercap/intel-rapl:0/energy_uj/x", "")
    let failure = host.failure()
    #expect(failure?.reason == .read)
    #expect(failure?.message == "read \(host.zonePath("intel-rapl:0")): Is a directory")
  }

  @Test func brokenZoneShowsItsErrorsAndNoEnergy() throws {
    try host.zone("intel-rapl:0", "package-0", 0)
    try host.zone("intel-rapl:1", "package-1", 0)
    host.failRead(host.zonePath("intel-rapl:1"), EIO)
    let collector = try host.makeCollector()
    try host.set("intel-rapl:0", 1)
    collector.sample(at: .second)
    let state = try collector.series()
    #expect(state.keys(of: "energy_joules") == ["rapl/0/package-0"])
    #expect(state.errors("rapl/1/package-1") == 2)
  }

  @Test func vanishedZoneIsAbsentAndComesBackWithItsEnergy() throws {
    try host.zone("intel-rapl:0", "package-0", 0)
    try host.zone("intel-rapl:1", "package-1", 5_000_000)
    let collector = try host.makeCollector()
    try host.set("intel-rapl:0", 1)
    try host.set("intel-rapl:1", 9_000_000)
    collector.sample(at: .second)
    // Sysfs answers a descriptor of a device that is gone with ENODEV.
    host.failRead(host.zonePath("intel-rapl:1"), ENODEV)
    try host.remove("class/powercap/intel-rapl:1")
    for step in 2...4 as ClosedRange<UInt64> { collector.sample(at: step * .second) }
    var state = try collector.series()
    #expect(state.keys(of: "energy_joules") == ["rapl/0/package-0"])
    #expect(state.errors("rapl/1/package-1") == 1)
    // Loaded again: the same package under another number, its counter at 0.
    host.failRead(host.zonePath("intel-rapl:1"), nil)
    try host.zone("intel-rapl:5", "package-1", 1_000_000)
    collector.sample(at: 5 * .second)
    state = try collector.series()
    // Nobody knows yet whether it counts.
    #expect(state.joules("rapl/1/package-1") == nil)
    #expect(state.watts("rapl/1/package-1") == nil)
    try host.set("intel-rapl:5", 3_000_000)
    collector.sample(at: 6 * .second)
    state = try collector.series()
    #expect(state.joules("rapl/1/package-1") == 6)
    #expect(state.watts("rapl/1/package-1") == 2)
  }

  @Test func zoneThatReturnsForbiddenIsAskedForSeldom() throws {
    try host.zone("intel-rapl:0", "package-0", 0)
    try host.zone("intel-rapl:1", "package-1", 0)
    let collector = try host.makeCollector()
    host.failRead(host.zonePath("intel-rapl:1"), ENODEV)
    host.failOpen(host.zonePath("intel-rapl:1"), EACCES)
    for step in 1...600 as ClosedRange<UInt64> { collector.sample(at: step * .second) }
    #expect(try collector.series().joules("rapl/1/package-1") == nil)
    #expect(host.opens(host.zonePath("intel-rapl:1")) < 80)
    #expect(host.opens(host.zonePath("intel-rapl:1")) > 9)
  }

  @Test func zonesThatTradeNumbersKeepTheirEnergy() throws {
    try host.zone("intel-rapl:0", "package-0", 10_000_000)
    try host.zone("intel-rapl:1", "package-1", 20_000_000)
    let collector = try host.makeCollector()
    for number in 0...1 { host.failRead(host.zonePath("intel-rapl:\(number)"), ENODEV) }
    collector.sample(at: .second)
    for number in 0...1 { host.failRead(host.zonePath("intel-rapl:\(number)"), nil) }
    try host.zone("intel-rapl:0", "package-1", 23_000_000)
    try host.zone("intel-rapl:1", "package-0", 11_000_000)
    collector.sample(at: 2 * .second)
    let state = try collector.series()
    #expect(state.joules("rapl/0/package-0") == 1)
    #expect(state.joules("rapl/1/package-1") == 3)
  }

  @Test func zoneThatAppearsLateIsFound() throws {
    try host.zone("intel-rapl:0", "package-0", 0)
    let collector = try host.makeCollector()
    try host.zone("intel-rapl:0:0", "dram", 7_000_000)
    collector.sample(at: 60 * .second)
    try host.set("intel-rapl:0:0", 8_000_000)
    collector.sample(at: 61 * .second)
    #expect(try collector.series().joules("rapl/0/dram") == 1)
  }
}

/// The perf `power` PMU, with files in place of events: each reading takes the next 8 bytes.
@Suite struct EnergyCollectorEventTests {
  let host: EnergyFixture
  init() throws { host = try EnergyFixture() }

  @Test func eventsAreReadPerPackageBesidePowercap() throws {
    try host.zone("intel-rapl:0", "package-0", 0)
    try host.pmu(cpus: [(0, 0, 0), (18, 1, 0)], events: [("energy-pkg", 2), ("energy-ram", 3), ("energy-psys", 5)])
    for (cpu, config, joules) in [(0, 2, 10), (0, 3, 20), (0, 5, 30), (18, 2, 40), (18, 3, 50), (18, 5, 60)] {
      try host.counts(cpu: cpu, config: UInt64(config), joules: [0, UInt64(joules)])
    }
    let collector = try host.makeCollector()
    try host.set("intel-rapl:0", 1)
    collector.sample(at: 2 * .second)
    let state = try collector.series()
    #expect(
      state.keys(of: "energy_joules") == [
        "perf/0/dram", "perf/0/package-0", "perf/1/dram", "perf/1/package-1", "perf/psys/psys", "perf/psys/psys-1",
        "rapl/0/package-0",
      ])
    #expect(state.joules("perf/0/package-0") == 10)
    #expect(state.joules("perf/1/dram") == 50)
    #expect(state.watts("perf/1/package-1") == 20)
    #expect(state.joules("perf/psys/psys") == 30)
  }

  @Test func diesAreToldApartOnlyWhereThePMUCountsThem() throws {
    try host.pmu(cpus: [(0, 0, 0), (8, 0, 1), (16, 1, 0)], events: [("energy-pkg", 2), ("energy-cores", 1)])
    for cpu in [0, 8, 16] {
      for config in [1, 2] { try host.counts(cpu: cpu, config: UInt64(config), joules: [0, 1]) }
    }
    let collector = try host.makeCollector()
    collector.sample(at: .second)
    #expect(
      try collector.series().keys(of: "energy_joules") == [
        "perf/0/core-die-0", "perf/0/core-die-1", "perf/0/package-0-die-0", "perf/0/package-0-die-1", "perf/1/core",
        "perf/1/package-1",
      ])
  }

  @Test func eventThatFailsIsOpenedAnewAndInventsNothing() throws {
    try host.pmu(cpus: [(0, 0, 0)], events: [("energy-pkg", 2)])
    try host.counts(cpu: 0, config: 2, joules: [0, 100])
    let collector = try host.makeCollector()
    collector.sample(at: .second)
    // The file has ended, as the kernel does for an event in error state. The next opening counts from 0.
    collector.sample(at: 2 * .second)
    #expect(try collector.series().joules("perf/0/package-0") == nil)
    try host.counts(cpu: 0, config: 2, joules: [1, 4])
    collector.sample(at: 3 * .second)
    collector.sample(at: 4 * .second)
    let state = try collector.series()
    #expect(state.joules("perf/0/package-0") == 103)
    #expect(state.watts("perf/0/package-0") == 3)
    #expect(state.errors("perf/0/package-0") == 1)
  }

  @Test(arguments: [EACCES, EPERM])
  func refusedEventsLeavePowercap(code: CInt) throws {
    try host.zone("intel-rapl:0", "package-0", 0)
    try host.pmu(cpus: [(0, 0, 0)], events: [("energy-pkg", 2), ("energy-ram", 3)])
    host.failEvents(code)
    let collector = try host.makeProvedCollector()
    #expect(try collector.series().keys(of: "energy_joules") == ["rapl/0/package-0"])
    #expect(collector.warnings.count == 1)
    #expect(collector.warnings[0].hasPrefix("perf_event_open power/energy-pkg on CPU 0: "))
    #expect(collector.warnings[0].contains("(and 1 more)"))
    #expect(collector.warnings[0].contains("CAP_PERFMON"))
    #expect(collector.warnings[0].contains("kernel.perf_event_paranoid"))
  }

  @Test func refusedEventsAloneAreAMissingPermission() throws {
    try host.pmu(cpus: [(0, 0, 0)], events: [("energy-pkg", 2)])
    host.failEvents(EACCES)
    let failure = host.failure()
    #expect(failure?.reason == .permission)
    #expect(failure?.cure.contains("CAP_PERFMON") == true)
  }

  @Test func brokenPMULeavesPowercapAndAWarning() throws {
    try host.zone("intel-rapl:0", "package-0", 0)
    try host.pmu(cpus: [(0, 0, 0)], events: [("energy-pkg", 2)])
    try host.write("bus/event_source/devices/power/events/energy-pkg.scale", "a lot\n")
    let collector = try host.makeProvedCollector()
    #expect(try collector.series().keys(of: "energy_joules") == ["rapl/0/package-0"])
    #expect(collector.warnings == ["power/energy-pkg.scale: expected a scale, found \"a lot\""])
  }
}
