import Collecting
import Energy
import Exposition
import Foundation
import Glibc
import Testing

@testable import Collectors

/// Which sources there are, and which of them measure the same thing.
@Suite struct EnergySourceTests {
  let host: EnergyFixture
  init() throws { host = try EnergyFixture() }

  @Test func everythingThatMeasuresAPackageIsShownAndOneCounts() throws {
    try host.pmu(cpus: [(0, 0, 0)], events: [("energy-pkg", 2), ("energy-psys", 5)])
    try host.counts(cpu: 0, config: 2, joules: [0, 1, 2])
    try host.counts(cpu: 0, config: 5, joules: [0, 1, 2])
    try host.zone("intel-rapl:0", "package-0", 0)
    try host.zone("intel-rapl:0:0", "core", 0)
    try host.zone("intel-rapl:0:2", "dram", 0)
    try host.zone("intel-rapl:1", "psys", 0)
    try host.zone("intel-rapl-mmio:0", "package-0", 0)
    try host.chip(
      0, "amd_energy",
      ["energy1_input": "1", "energy1_label": "Esocket0", "energy2_input": "1", "energy2_label": "Ecore007"])
    try host.chip(1, "power_meter", ["power1_average": "1"])
    try host.chip(2, "ina3221", ["power1_input": "1000000"])
    try host.battery("BAT0", ["status": "Discharging", "energy_now": "2"])
    var model = PowerModel()
    model.idleWatts = 1
    let collector = try host.makeProvedCollector(model: model, activity: StillActivity())
    try host.write("class/hwmon/hwmon1/power1_average", "1000000\n")
    try host.write("class/power_supply/BAT0/energy_now", "1\n")
    collector.sample(at: .second)
    #expect(
      collector.roleNames == [
        "perf 0/package-0": "primary", "perf psys/psys": "platform", "rapl 0/package-0": "duplicate",
        "rapl 0/core": "part", "rapl 0/dram": "primary", "rapl psys/psys": "platform",
        "rapl 0/package-0-mmio": "duplicate", "hwmon 0/package-0": "duplicate", "hwmon unknown/core-7": "part",
        "hwmon machine/power_meter-power1": "platform", "hwmon unknown/ina3221-power1": "unknown",
        "battery machine/BAT0": "platform", "model 0/package-0": "duplicate",
      ])
  }

  /// Each source takes the place of the one before it where that is missing.
  @Test func precedenceHasAnOrder() throws {
    var model = PowerModel()
    model.idleWatts = 1
    func primary() throws -> [String] {
      try host.write("class/nothing", "")
      return try host.makeProvedCollector(model: model, activity: StillActivity()).roleNames.filter {
        $0.value == "primary"
      }.map(\.key)
    }
    #expect(try primary() == ["model 0/package-0"])
    try host.chip(0, "amd_energy", ["energy1_input": "1", "energy1_label": "Esocket0"])
    #expect(try primary() == ["hwmon 0/package-0"])
    try host.zone("intel-rapl-mmio:0", "package-0", 0)
    #expect(try primary() == ["rapl 0/package-0-mmio"])
    try host.zone("intel-rapl:0", "package-0", 0)
    #expect(try primary() == ["rapl 0/package-0"])
    try host.pmu(cpus: [(0, 0, 0)], events: [("energy-pkg", 2)])
    try host.counts(cpu: 0, config: 2, joules: [0, 1])
    #expect(try primary() == ["perf 0/package-0"])
  }

  @Test func modelDoesNotStandInForASensorThatIsGone() throws {
    try host.zone("intel-rapl:0", "package-0", 0)
    var model = PowerModel()
    model.idleWatts = 1
    let collector = try host.makeProvedCollector(model: model, activity: StillActivity())
    host.failRead(host.zonePath("intel-rapl:0"), ENODEV)
    try host.remove("class/powercap/intel-rapl:0")
    collector.sample(at: .second)
    #expect(collector.roleNames == ["model 0/package-0": "duplicate"])
  }

  /// Nor does a sensor stand in for the model: what was estimated and what is measured would be one sum.
  @Test func sensorThatComesLateLeavesTheModelInItsPlace() throws {
    var model = PowerModel()
    model.idleWatts = 1
    let collector = try host.makeCollector(model: model, activity: StillActivity())
    try host.zone("intel-rapl:0", "package-0", 0)
    collector.sample(at: 61 * .second)
    try host.set("intel-rapl:0", 1)
    collector.sample(at: 62 * .second)
    #expect(collector.roleNames == ["model 0/package-0": "primary", "rapl 0/package-0": "duplicate"])
  }

  // The AMD driver registers its counters in the same tree (intel_rapl_msr), with packages and cores only.
  @Test func amdIsReadFromPowercap() throws {
    try host.zone("intel-rapl:0", "package-0", 0, range: 65_532_610_987)
    try host.zone("intel-rapl:0:0", "core", 0, range: 65_532_610_987)
    try host.zone("intel-rapl:1", "package-1", 0, range: 65_532_610_987)
    try host.zone("intel-rapl:1:0", "core", 0, range: 65_532_610_987)
    let collector = try host.makeProvedCollector()
    try host.set("intel-rapl:0", 2_000_000)
    collector.sample(at: .second)
    #expect(
      collector.roleNames == [
        "rapl 0/package-0": "primary", "rapl 0/core": "part", "rapl 1/package-1": "primary", "rapl 1/core": "part",
      ])
    #expect(try collector.series().watts("rapl/0/package-0") == 2)
  }
}
