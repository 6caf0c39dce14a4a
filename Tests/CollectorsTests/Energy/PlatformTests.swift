import Energy
import Exposition
import Fixtures
import Testing

@testable import Collectors

/// Machines of which nothing is measured but the whole.
@Suite struct PlatformTests {
  private let host: EnergyFixture
  private var kernel = ModelKernel(seed: 1)
  private var tables = TaskTables(processes: ProcessTable(options: ProcessOptions()))

  init() throws {
    host = try EnergyFixture()
    kernel.start(2, comm: "kthreadd", isKernel: true)
    kernel.start(7, comm: "one")
    kernel.pass(&tables)
  }

  private mutating func begin(_ collector: EnergyCollector) {
    tables.beginAttribution(
      EnergyLedger(collector.readings, basis: collector.basis ?? .measured, cpus: 2, idleMicrowatts: 0))
  }

  private mutating func window(_ collector: EnergyCollector, at second: UInt64) {
    kernel.run(1, 600_000_000)
    kernel.advance(.second)
    collector.sample(at: second * .second)
    tables.energy?.measure(collector.readings, at: second * .second)
    kernel.pass(&tables)
    tables.attributeEnergy()
  }

  private var attributed: [String: UInt64] {
    var sums: [String: UInt64] = [:]
    for package in tables.energy?.packages ?? [] {
      sums["\(package.basis) \(package.name)"] =
        package.processes + package.kernel + package.idle + package.unattributed
    }
    return sums
  }

  @Test mutating func aMeterAtTheSupplyIsDivided() throws {
    try host.chip(0, "power_meter", ["power1_average": "200000000"])
    let collector = try host.makeProvedCollector()
    #expect(collector.basis == .platform)
    begin(collector)
    for second in 1...10 as ClosedRange<UInt64> { window(collector, at: second) }
    #expect(collector.roleNames == ["hwmon machine/power_meter-power1": "primary"])
    let series = try collector.series()
    #expect(attributed == ["platform machine": UInt64(series.joules("hwmon/machine/power_meter-power1")! * 1e6)])
    #expect(tables.processes.series.contains { $0.energy.total > 0 })
  }

  /// Of several that measure the whole it is one: RAPL's.
  @Test mutating func onlyOneOfThoseThatMeasureTheWholeIsDivided() throws {
    try host.chip(0, "power_meter", ["power1_average": "200000000"])
    try host.zone("intel-rapl:0", "psys", 1_000_000)
    let collector = try host.makeProvedCollector()
    begin(collector)
    for second in 1...10 as ClosedRange<UInt64> {
      try host.set("intel-rapl:0", 1_000_000 + second * 90_000_000)
      window(collector, at: second)
    }
    #expect(collector.roleNames == ["rapl psys/psys": "primary", "hwmon machine/power_meter-power1": "platform"])
    #expect(attributed == ["platform psys": 900_000_000])
  }

  /// A battery that is at rest at the start: there is nothing to divide until it gives.
  @Test mutating func aBatteryIsDividedWhileItGives() throws {
    try host.battery("BAT0", ["status": "Charging", "energy_now": "50000000"])
    let collector = try host.makeProvedCollector()
    #expect(collector.basis == .platform)
    begin(collector)
    window(collector, at: 1)
    #expect(attributed.isEmpty)
    try host.write("class/power_supply/BAT0/status", "Discharging\n")
    for second in 2...11 as ClosedRange<UInt64> {
      try host.write("class/power_supply/BAT0/energy_now", "\(50_000_000 - second * 10_000)\n")
      window(collector, at: second)
    }
    // 10 mWh a second, of nine seconds
    #expect(attributed == ["platform machine": 9 * 36_000_000])
  }

  @Test(arguments: ["package-0", "dram"]) mutating func besideAPackageThePlatformIsOnlyShown(name: String) throws {
    try host.zone("intel-rapl:1", "psys", 1_000_000)
    try host.zone("intel-rapl:0", "package-0", 1_000_000)
    if name == "dram" { try host.zone("intel-rapl:0:0", "dram", 1_000_000) }
    let collector = try host.makeProvedCollector()
    #expect(collector.basis == .measured)
    #expect(collector.roleNames["rapl psys/psys"] == "platform")
  }

  /// A sensor of packages that comes later lies within what is divided.
  @Test mutating func aPackageThatComesLaterIsNotDividedBesideThePlatform() throws {
    try host.zone("intel-rapl:0", "psys", 1_000_000)
    let collector = try host.makeProvedCollector()
    begin(collector)
    window(collector, at: 1)
    try host.zone("intel-rapl:1", "package-0", 1_000_000)
    for second in 2...100 as ClosedRange<UInt64> {
      try host.set("intel-rapl:0", 1_000_000 + second * 90_000_000)
      try host.set("intel-rapl:1", 1_000_000 + second * 50_000_000)
      window(collector, at: second)
    }
    #expect(collector.roleNames == ["rapl psys/psys": "primary", "rapl 0/package-0": "part"])
    #expect(attributed == ["platform psys": 9_000_000_000])
  }
}
