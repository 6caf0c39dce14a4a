import Energy
import Fixtures
import Testing

@testable import Collectors

/// Dies of a package: two counters, or one under two names.
@Suite struct DieTests {
  private let host: EnergyFixture
  private var kernel = ModelKernel(seed: 1)
  private var tables: TaskTables

  init() throws {
    host = try EnergyFixture()
    tables = TaskTables(processes: ProcessTable(options: ProcessOptions()))
    kernel.start(2, comm: "kthreadd", isKernel: true)
    kernel.start(7, comm: "one")
    kernel.pass(&tables)
  }

  /// Samples for so many seconds, of each of which `use` says what the zones stand at.
  private mutating func run(
    _ collector: EnergyCollector, seconds: ClosedRange<UInt64>, _ use: (EnergyFixture, UInt64) throws -> Void
  ) throws {
    for second in seconds {
      kernel.run(1, 600_000_000)
      kernel.advance(.second)
      try use(host, second)
      collector.sample(at: second * .second)
      tables.energy?.measure(collector.readings, at: second * .second)
      kernel.pass(&tables)
      tables.attributeEnergy()
    }
  }

  private var attributed: UInt64 {
    tables.energy?.packages.first.map { $0.processes + $0.kernel + $0.idle + $0.unattributed } ?? 0
  }

  private func start() throws -> EnergyCollector {
    let collector = try host.makeProvedCollector()
    #expect(collector.basis == .measured)
    return collector
  }

  /// AMD: each die's registers are the package's.
  @Test mutating func oneCounterUnderTwoNamesIsCountedOnce() throws {
    for die in 0...1 { try host.zone("intel-rapl:\(die)", "package-0-die-\(die)", 1_000_000) }
    let collector = try start()
    tables.beginAttribution(EnergyLedger(collector.readings, cpus: 2, idleMicrowatts: 0))
    try run(collector, seconds: 1...100) { host, second in
      // the second is read a little later: a good 200 µs at 375 W
      for die in 0...1 as ClosedRange<UInt64> {
        try host.set("intel-rapl:\(die)", 1_000_000 + second * 375_000_000 + die * 80_000)
      }
    }
    #expect(collector.roleNames == ["rapl 0/package-0-die-0": "primary", "rapl 0/package-0-die-1": "duplicate"])
    #expect(try collector.series().joules("rapl/0/package-0-die-1") == 37500.08)
    #expect(attributed == 37_500_000_000)
    // the first goes: the other is the package's then
    try host.remove("class/powercap/intel-rapl:0")
    host.failRead(host.zonePath("intel-rapl:0"), 19)
    try run(collector, seconds: 101...110) { try $0.set("intel-rapl:1", 1_000_000 + $1 * 375_000_000 + 80_000) }
    #expect(collector.roleNames == ["rapl 0/package-0-die-1": "primary"])
    #expect(attributed <= 41_250_000_000)
    #expect(attributed >= 40_500_000_000)
  }

  /// Intel's processors of several dies: all of either is attributed, what came before it was known included.
  @Test mutating func twoCountersAreCountedBothFromTheStartOn() throws {
    try host.zone("intel-rapl:0", "package-0-die-0", 1_000_000)
    try host.zone("intel-rapl:1", "package-0-die-1", 9_000_000)
    let collector = try start()
    tables.beginAttribution(EnergyLedger(collector.readings, cpus: 2, idleMicrowatts: 0))
    try run(collector, seconds: 1...100) { host, second in
      try host.set("intel-rapl:0", 1_000_000 + second * 40_000_000)
      try host.set("intel-rapl:1", 9_000_000 + second * 50_000_000)
      if second == 1 {
        #expect(collector.roleNames["rapl 0/package-0-die-1"] == "duplicate")
        #expect(collector.readings.map(\.isSilent) == [false, true])
      }
    }
    #expect(Set(collector.roleNames.values) == ["primary"])
    #expect(attributed == 9_000_000_000)
  }

  /// The PMU whose counters come by TPMI names every CPU of a package; some of them are of another die.
  @Test func aMaskOfEveryCPUIsOneZoneAPackage() throws {
    let cpus = [(0, 0, 0), (1, 0, 0), (2, 0, 1), (3, 0, 1), (4, 1, 0), (5, 1, 0), (6, 1, 1), (7, 1, 1)]
    try host.pmu(cpus: cpus, events: [("energy-pkg", 2), ("energy-ram", 3)])
    for cpu in 0..<8 {
      for config in [2, 3] { try host.counts(cpu: cpu, config: UInt64(config), joules: [0, 10, 20]) }
    }
    let collector = try host.makeCollector()
    collector.sample(at: .second)
    #expect(
      collector.roleNames == [
        "perf 0/package-0": "primary", "perf 0/dram": "primary", "perf 1/package-1": "primary",
        "perf 1/dram": "primary",
      ])
  }
}
