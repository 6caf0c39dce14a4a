import Fixtures
import BPFPrograms
import Energy
import Glibc
import Testing

@testable import Collectors

/// Sensors, collector, tables and ledger together, while sensors fail: what was measured is attributed, and once.
@Suite struct EnergyFaultTests {
  private static let modulus = CounterRange(maxEnergyRange: 65_712_999_613)!.modulus

  /// A counter in a file, and how much it has counted in truth.
  private struct Counter {
    let identifier: String
    let name: String
    var register: UInt64
    var truth: UInt64 = 0

    mutating func use(_ energy: UInt64) {
      register = (register + energy) % EnergyFaultTests.modulus
      truth += energy
    }

    func make(_ host: EnergyFixture) throws {
      try host.zone(identifier, name, register, range: 65_712_999_613)
    }
  }

  private let host: EnergyFixture
  private var kernel: ModelKernel
  private var tables: TaskTables

  init() throws {
    host = try EnergyFixture()
    kernel = ModelKernel(seed: 1)
    var options = ProcessOptions()
    options.limit = 3
    tables = TaskTables(processes: ProcessTable(options: options))
    tables.groups = CgroupTable(options: CgroupOptions())
    kernel.start(2, comm: "kthreadd", isKernel: true)
    for id in 3...6 as ClosedRange<UInt32> { kernel.start(id, comm: "a", cgroup: 1 + UInt64(id % 2)) }
    kernel.pass(&tables)
  }

  private func attributed(_ package: String) -> UInt64 {
    tables.energy?.packages.first { $0.name == package }?.sum ?? 0
  }

  /// What the zones of a package have measured.
  private func measured(_ collector: EnergyCollector, _ package: String) -> UInt64 {
    collector.readings.filter { $0.labels.package == package }.reduce(0) { $0 + $1.total }
  }

  /// Every counter there is, by what it is of.
  private var counters: [String: UInt64] {
    var counters = ["other": tables.processes.otherEnergy.total, "other groups": tables.groups?.otherEnergy.total ?? 0]
    for package in tables.energy?.packages ?? [] {
      counters["\(package.name) processes"] = package.processes
      counters["\(package.name) kernel"] = package.kernel
      counters["\(package.name) idle"] = package.idle
      counters["\(package.name) unattributed"] = package.unattributed
    }
    for one in tables.processes.series where one.leaf >= 0 {
      counters["\(one.tgid) \(String(decoding: one.comm, as: UTF8.self)) \(one.cgroup)"] = one.energy.total
    }
    for one in tables.groups?.series ?? [] { counters[one.path] = one.energy.total }
    return counters
  }

  private mutating func live(_ generator: inout Generator) {
    let count = UInt64(kernel.processes.count)
    switch generator.below(10) {
    case 0:
      let id = UInt32(3 + generator.below(12))
      if !kernel.processes.contains(where: { $0.tgid == id }) {
        kernel.start(id, comm: "b", cgroup: 1 + generator.below(3))
      }
    case 1 where count > 2: kernel.end(1 + Int(generator.below(count - 1)), isFreed: generator.chance(2))
    case 2: kernel.free()
    default: break
    }
    for index in kernel.processes.indices where generator.chance(2) { kernel.use(index, upTo: 600_000_000) }
  }

  /// A thousand windows. The counters of package 0 turn, and their readings fail; package 1 goes and comes back where it was
  /// or at 0; package 2 is measured twice, and each of the two goes at times. The clock stands, steps back and leaps. Some
  /// windows are not followed by a pass.
  @Test(arguments: 0..<4 as Range<UInt64>)
  mutating func whatIsMeasuredIsAttributedWhateverFails(seed: UInt64) throws {
    var generator = Generator(seed: seed)
    var zones = [
      Counter(identifier: "intel-rapl:0", name: "package-0", register: generator.below(Self.modulus)),
      Counter(identifier: "intel-rapl:0:0", name: "dram", register: Self.modulus - 1),
      Counter(identifier: "intel-rapl:1", name: "package-1", register: 0),
      Counter(identifier: "intel-rapl:2", name: "package-2", register: 0),
      Counter(identifier: "intel-rapl-mmio:0", name: "package-2", register: 77),
    ]
    for zone in zones { try zone.make(host) }
    let start: UInt64 = 1000 * .second
    let collector = try host.makeProvedCollector(at: start)
    #expect(collector.roleNames.values.count { $0 == "primary" } == 4)
    tables.beginAttribution(
      EnergyLedger(collector.readings, cpus: 2, idleMicrowatts: seed % 2 == 0 ? 3_000_000 : nil))
    var (now, highest) = (start, start)
    var before = counters
    var given: UInt64 = 0
    var wholes = 0
    for window in 1...1001 {
      // once more at the end, with everything in order and the clock ahead of all it ever showed
      let isLast = window == 1001
      func chance(_ oneIn: UInt64) -> Bool { !isLast && generator.chance(oneIn) }
      switch isLast ? 3 : generator.below(20) {
      case 0: now -= min(now - start, generator.below(5 * .second))
      case 1: break
      case 2: now += generator.below(100 * .second)
      default: now = max(now, highest) + (isLast ? 100 * .second : 1 + generator.below(2 * .second))
      }
      highest = max(highest, now)
      live(&generator)
      let joint = generator.below(400_000_000)
      for index in zones.indices {
        zones[index].use(index < 3 ? generator.below(400_000_000) : joint)
        let path = host.zonePath(zones[index].identifier)
        switch index {
        case 0, 1: host.failRead(path, chance(4) ? EIO : nil)
        default:
          let vanishes = chance(12)
          if vanishes && index == 2 && generator.chance(2) { zones[index].register = 0 }
          host.failRead(path, vanishes ? ENODEV : nil)
        }
        try host.set(zones[index].identifier, zones[index].register)
      }
      collector.sample(at: now)
      let readings = collector.readings
      tables.energy?.measure(readings, at: now)
      if chance(8) { continue }
      kernel.advance(1_000_000)
      kernel.pass(&tables, at: now)
      tables.attributeEnergy()

      let after = counters
      let processes = after.reduce(0) { $0 + ($1.key.hasSuffix(" processes") ? $1.value : 0) }
      for (name, value) in after { #expect(value >= before[name] ?? 0, "\(name) fell in window \(window)") }
      for package in ["0", "1"] {
        let grown = measured(collector, package)
        #expect(attributed(package) <= grown, "package \(package), window \(window)")
        if readings.allSatisfy({ $0.labels.package != package || $0.window != nil }) {
          #expect(attributed(package) == grown, "package \(package), window \(window)")
          wholes += 1
        }
      }
      #expect(measured(collector, "0") <= zones[0].truth + zones[1].truth)
      #expect(attributed("2") <= zones[3].truth)
      let shares = tables.energy?.shares.dropFirst(EnergyLedger.kernel + 1).reduce(0) { $0 + $1.microjoules.total }
      #expect(shares == processes - given, "window \(window)")
      given = processes
      before = after
    }
    #expect(wholes > 300)
    #expect(measured(collector, "0") == zones[0].truth + zones[1].truth)
    #expect(attributed("0") == zones[0].truth + zones[1].truth)
    #expect(attributed("1") == measured(collector, "1") && attributed("1") > 0)
    #expect(attributed("2") > zones[3].truth / 2)
  }

  /// 65.7 kJ less a joule in each minute: every reading is a joule below the one before.
  @Test mutating func counterThatTurnsBetweenEveryTwoReadingsIsAttributedInFull() throws {
    var zone = Counter(identifier: "intel-rapl:0:0", name: "dram", register: Self.modulus - 1)
    try host.zone("intel-rapl:0", "package-0", 5)
    try zone.make(host)
    let collector = try host.makeCollector(at: 0)
    tables.beginAttribution(EnergyLedger(collector.readings, cpus: 2, idleMicrowatts: 0))
    for window in 1...1000 as ClosedRange<UInt64> {
      kernel.run(1, 600_000_000)
      kernel.run(0, 300_000_000)
      kernel.advance(60 * .second)
      zone.use(Self.modulus - 1_000_000)
      try host.set(zone.identifier, zone.register)
      collector.sample(at: window * 60 * .second)
      tables.energy?.measure(collector.readings, at: window * 60 * .second)
      kernel.pass(&tables)
      tables.attributeEnergy()
      #expect(attributed("0") == zone.truth, "window \(window)")
    }
    let package = tables.energy?.packages.first
    #expect(package.map { $0.processes + $0.kernel + $0.unattributed } == 1000 * (Self.modulus - 1_000_000))
    // to a microjoule a window
    #expect(package.map { $0.processes >= 2 * $0.kernel && $0.processes - 2 * $0.kernel <= 3000 } == true)
  }

  /// A sensor that is silent at first, or stands still for minutes in between: what it measures is attributed in full, to those
  /// who ran in the window in which it moved, and nothing is said of it before.
  @Test mutating func whatMovesLateIsAttributedToThoseWhoRanThen() throws {
    var zone = Counter(identifier: "intel-rapl:0", name: "package-0", register: 1_000)
    try zone.make(host)
    let collector = try host.makeCollector(at: 0)
    collector.settle()
    tables.beginAttribution(EnergyLedger(collector.readings, cpus: 2, idleMicrowatts: 0))
    var kernelThreads: UInt64 = 0
    for window in 1...900 as ClosedRange<UInt64> {
      let moves = window == 10 || window == 400 || window > 800
      // process 1 runs while the sensor stands still, the kernel's thread while it counts
      kernel.run(moves ? 0 : 1, 500_000_000)
      kernel.advance(.second)
      if moves {
        zone.use(2_000_000)
        kernelThreads += 2_000_000
      }
      try host.set(zone.identifier, zone.register)
      collector.sample(at: window * .second)
      tables.energy?.measure(collector.readings, at: window * .second)
      kernel.pass(&tables)
      tables.attributeEnergy()
      let isBelieved = (10...310).contains(window) || (400...700).contains(window) || window > 800
      #expect(tables.energy?.isAttributing == isBelieved, "window \(window)")
      #expect(tables.energy?.packages.isEmpty == (window < 10))
      #expect(try collector.series().joules("rapl/0/package-0") == (isBelieved ? Double(zone.truth) / 1e6 : nil))
      #expect(attributed("0") == zone.truth)
    }
    #expect(tables.energy?.packages.first?.kernel == kernelThreads)
  }
}
