import BPFPrograms
import Energy
import Testing

@testable import Collectors

/// A machine whose processes run, move, end and are reused, and zones that measure: tables and ledger together.
private struct Scene {
  var kernel: ModelKernel
  var table: ProcessTable
  /// By zone, what its counter has added up to.
  var totals: [UInt64]
  let zones: [(zone: EnergyZone, labels: EnergyLabels)]

  init(
    seed: UInt64, packages: Int = 2, limit: Int = 3, followsGroups: Bool = true, idleMicrowatts: UInt64? = nil,
    start: (inout ModelKernel) -> Void = { _ in }
  ) {
    kernel = ModelKernel(seed: seed)
    kernel.threadsFirst = seed % 3 == 0
    var options = ProcessOptions()
    options.limit = limit
    options.graceNanoseconds = 20_000_000_000
    table = ProcessTable(options: options)
    if followsGroups {
      var options = CgroupOptions()
      options.limit = 2
      options.graceNanoseconds = 15_000_000_000
      table.groups = CgroupTable(options: options)
    }
    let named = (0..<packages).flatMap { package in
      [
        EnergyZone(source: .rapl, name: "package-\(package)"),
        EnergyZone(source: .rapl, name: "dram", parentName: "package-\(package)"),
      ]
    }
    zones = Array(zip(named, EnergyLabels.assign(to: named)))
    totals = Array(repeating: 1_000_000, count: zones.count)
    start(&kernel)
    kernel.pass(&table)
    table.beginAttribution(EnergyLedger(readings(windows: 0...0), cpus: 2, idleMicrowatts: idleMicrowatts))
  }

  /// Windows of a second each, but none for the zones left out.
  func readings(windows: ClosedRange<Int>, failed: Set<Int> = []) -> [EnergyReading] {
    zones.enumerated().map { index, zone in
      let isOpen = windows.upperBound == 0 || failed.contains(index)
      return EnergyReading(
        labels: zone.labels, zone: zone.zone, role: .primary, total: totals[index],
        window: isOpen ? nil : EnergyWindow(microjoules: 1, nanoseconds: 1_000_000_000))
    }
  }

  /// A pass, and the end of a window.
  mutating func window(failed: Set<Int> = []) {
    kernel.advance(1_000_000_000)
    let now = readings(windows: 1...1, failed: failed)
    table.energy?.measure(now, at: kernel.clock)
    kernel.pass(&table)
    table.attributeEnergy()
  }

  var packages: [EnergyLedger.Package] { table.energy?.packages ?? [] }
  var measured: UInt64 { totals.reduce(UInt64(0)) { $0 + $1 - 1_000_000 } }
  func energy(_ tgid: UInt32) -> UInt64? { table.series.last { $0.tgid == tgid && $0.endedAt == nil }?.energy.total }
}

extension ProcessTable {
  /// What all processes of a group used in the last windows.
  fileprivate func share(ofGroup place: Int) -> UInt64 {
    guard let energy else { return 0 }
    let leaf = energy.groups[place].leaf
    return series.filter { $0.leaf >= 0 && $0.leafGroup == place }
      .reduce(leaf >= 0 ? energy.shares[leaf].microjoules.total : 0) { $0 + $1.share.microjoules.total }
  }
}

extension EnergyLedger.Package {
  var sum: UInt64 { processes + kernel + idle + unattributed }
}

/// What the ledger says step by step.
@Suite struct EnergyLedgerTests {
  private var scene = Scene(seed: 1, packages: 1, idleMicrowatts: 0) { kernel in
    kernel.start(2, comm: "kthreadd", isKernel: true)
    kernel.start(7, comm: "one")
    kernel.start(8, comm: "two")
  }

  private mutating func run(_ index: Int, _ nanoseconds: UInt64) { scene.kernel.run(index, nanoseconds) }

  /// Two passes that admit `index`.
  private mutating func admit(_ indices: Int...) {
    for _ in 0..<2 {
      for index in indices { run(index, 50_000_000) }
      scene.window()
    }
  }

  @Test mutating func energyIsDividedByRunTime() {
    admit(1, 2)
    let before = (scene.energy(7)!, scene.energy(8)!)
    run(1, 600_000_000)
    run(2, 300_000_000)
    run(0, 100_000_000)
    scene.totals[0] += 10_000_000
    scene.totals[1] += 1_000
    scene.window()
    #expect(scene.energy(7)! - before.0 == 6_000_600)
    #expect(scene.energy(8)! - before.1 == 3_000_300)
    #expect(scene.packages[0].kernel == 1_000_100)
    let one = scene.table.series.first { $0.tgid == 7 }
    #expect(one?.share.microjoules.total == 6_000_600)
    #expect(abs((one?.share.watts.total ?? 0) - 6.0006) < 1e-9)
    #expect(scene.table.energy?.hasWindow == true)
  }

  @Test mutating func kernelThreadsHaveNoEnergyOfTheirOwnButThatOfTheKernel() {
    admit(0)
    run(0, 100_000_000)
    scene.totals[0] += 5_000_000
    scene.window()
    #expect(scene.table.series.contains { $0.tgid == 2 && $0.leaf < 0 && $0.energy.total == 0 })
    #expect(scene.packages[0].kernel == 5_000_000 && scene.packages[0].processes == 0)
    // neither as it ends
    run(0, 100_000_000)
    scene.kernel.end(0)
    scene.totals[0] += 5_000_000
    scene.window()
    #expect(scene.packages[0].kernel == 10_000_000 && scene.packages[0].processes == 0)
  }

  @Test mutating func processThatEndsHasItsLastWindow() {
    admit(1)
    let before = scene.energy(7)!
    run(1, 200_000_000)
    run(2, 200_000_000)
    scene.kernel.end(1)
    scene.totals[0] += 4_000_000
    scene.window()
    let series = scene.table.series.first { $0.tgid == 7 }
    #expect(series?.endedAt != nil)
    #expect(series.map { $0.energy.total - before } == 2_000_000)
    #expect(scene.table.otherEnergy.total == 2_000_000)
  }

  @Test mutating func processThatNoPassSawIsInOther() {
    scene.window()
    scene.kernel.start(9, comm: "brief")
    run(3, 20_000_000)
    scene.kernel.end(3)
    run(2, 20_000_000)
    scene.totals[0] += 2_000_000
    scene.window()
    #expect(scene.table.otherEnergy.total == 2_000_000)
    let groups = scene.table.groups?.series.reduce(
      scene.table.groups?.otherEnergy.total ?? 0
    ) { $0 + $1.energy.total }
    #expect(groups == 2_000_000)
    #expect(scene.packages[0].processes == 2_000_000)
  }

  /// The iterator sees an ended process no more some time before the sum of ended processes has it.
  @Test mutating func ofAProcessOnItsWayToTheDeadNobodyElseLosesAnything() {
    admit(1)
    run(1, 1_000_000_000)
    scene.window()
    let before = scene.energy(7)!
    run(1, 100_000_000)
    run(2, 300_000_000)
    scene.kernel.end(2, isFreed: false)
    scene.totals[0] += 1_000_000
    scene.window()
    #expect(scene.energy(7)! - before == 1_000_000)
    scene.kernel.free()
    run(1, 100_000_000)
    scene.totals[0] += 4_000_000
    scene.window()
    #expect(scene.energy(7)! - before == 2_000_000)
  }

  @Test mutating func reusedIdIsANewProcess() {
    admit(1)
    run(1, 100_000_000)
    scene.totals[0] += 3_000_000
    scene.window()
    let first = scene.energy(7)!
    scene.kernel.end(1)
    scene.kernel.start(7, comm: "another")
    run(2, 400_000_000)
    scene.totals[0] += 9_000_000
    scene.window()
    scene.totals[0] += 9_000_000
    run(2, 100_000_000)
    scene.window()
    #expect(scene.table.series.filter { $0.tgid == 7 }.map(\.energy.total) == [first, 9_000_000])
    #expect(scene.packages[0].sum == scene.measured)
  }

  @Test mutating func windowHeldOpenHasTheWeightsOfTheWholeTime() {
    admit(1, 2)
    let before = (scene.energy(7)!, scene.energy(8)!)
    run(1, 300_000_000)
    scene.totals[0] += 1_000_000
    scene.window(failed: [0, 1])
    #expect(scene.energy(7)! == before.0)
    #expect(scene.table.energy?.hasWindow == false)
    run(2, 100_000_000)
    scene.totals[0] += 3_000_000
    scene.window()
    #expect(scene.energy(7)! - before.0 == 3_000_000)
    #expect(scene.energy(8)! - before.1 == 1_000_000)
  }

  /// The same energy by another interface, while the first one is away: it counts once.
  @Test func zoneThatStandsInForAnotherCountsTheSameTimeOnce() {
    let second: UInt64 = 1_000_000_000
    let zones = [
      EnergyZone(source: .perf, name: "package-0"), EnergyZone(source: .rapl, name: "package-0"),
    ]
    let labels = EnergyLabels.assign(to: zones)
    func readings(_ roles: [EnergyRole?], _ totals: [UInt64], _ seconds: [UInt64]) -> [EnergyReading] {
      zones.indices.map { index in
        EnergyReading(
          labels: labels[index], zone: zones[index], role: roles[index], total: totals[index],
          window: seconds[index] == 0
            ? nil : EnergyWindow(microjoules: 1, nanoseconds: seconds[index] * second))
      }
    }
    var ledger = EnergyLedger(readings([.primary, .duplicate], [0, 0], [0, 0]), cpus: 1, idleMicrowatts: 0)
    func close(_ roles: [EnergyRole?], _ totals: [UInt64], _ seconds: [UInt64], at time: UInt64) -> UInt64 {
      ledger.add(Weights(runTime: 10), to: EnergyLedger.rest)
      ledger.measure(readings(roles, totals, seconds), at: time * second)
      ledger.close()
      return ledger.packages[0].processes
    }
    #expect(close([.primary, .duplicate], [5, 5], [1, 1], at: 1) == 5)
    // the first goes, and the other has measured that second, too
    #expect(close([nil, .primary], [5, 8], [0, 1], at: 2) == 8)
    #expect(close([nil, .primary], [5, 11], [0, 1], at: 3) == 11)
    // it comes back, and has measured those seconds, too
    #expect(close([.primary, .duplicate], [15, 15], [3, 1], at: 4) == 11)
    #expect(close([.primary, .duplicate], [18, 18], [1, 1], at: 5) == 14)
    #expect(ledger.shares[EnergyLedger.rest].microjoules.total == 3)
  }

  /// Settled at the start: a sensor that comes later measures again what is estimated.
  @Test func whatIsEstimatedIsKnownFromTheStart() {
    let zones = [
      EnergyZone(source: .model, name: "package-0"), EnergyZone(source: .rapl, name: "package-0"),
      EnergyZone(source: .rapl, name: "package-1"),
    ]
    let labels = EnergyLabels.assign(to: zones)
    func readings(_ roles: [EnergyRole?]) -> [EnergyReading] {
      zip(zip(zones, labels), roles).map {
        EnergyReading(
          labels: $0.1, zone: $0.0, role: $1, total: 0, window: EnergyWindow(microjoules: 1, nanoseconds: 1))
      }
    }
    var estimate = EnergyLedger(readings([.primary, nil, nil]), cpus: 1, idleMicrowatts: 0)
    estimate.measure(readings([.primary, .duplicate, .duplicate]), at: 1)
    #expect(estimate.isModelled && estimate.packages.map(\.isModelled) == [true, true])
    var measured = EnergyLedger(readings([.duplicate, .primary, .primary]), cpus: 1, idleMicrowatts: 0)
    measured.measure(readings([.duplicate, nil, nil]), at: 1)
    #expect(!measured.isModelled && measured.packages.map(\.isModelled) == [false, false])
  }

  @Test func givenIdlePowerIsThatOfThePackageWithItsMemory() {
    for dies in 1...2 {
      let zones =
        (0..<dies).map { EnergyZone(source: .rapl, name: dies == 1 ? "package-0" : "package-0-die-\($0)") }
        + [EnergyZone(source: .rapl, name: "dram", parentName: "package-0")]
      let labels = EnergyLabels.assign(to: zones)
      let readings = zip(zones, labels).map {
        EnergyReading(labels: $1, zone: $0, role: .primary, total: 0, window: nil)
      }
      let ledger = EnergyLedger(readings, cpus: 1, idleMicrowatts: 12_000_000)
      #expect(ledger.idleFloor(of: "0") == 12_000_000)
      #expect(ledger.idleFloor(of: "1") == nil)
    }
  }
}

/// Whatever happens, the energy measured is that attributed, at every level.
@Suite struct EnergyLedgerPropertyTests {
  private struct Shown {
    var processes: [String: UInt64] = [:]
    var groups: [String: UInt64] = [:]
    var packages: [[UInt64]] = []
    var other: UInt64 = 0
    var otherGroups: UInt64 = 0

    /// As a scrape shows it.
    init(_ scene: inout Scene) {
      for one in scene.table.series where one.leaf >= 0 {
        processes["\(one.tgid) \(String(decoding: one.comm, as: UTF8.self)) \(one.cgroup)"] = one.energy.total
      }
      for one in scene.table.groups?.series ?? [] { groups[one.path] = one.energy.total }
      packages = scene.packages.map { [$0.processes, $0.kernel, $0.idle, $0.unattributed] }
      other = scene.table.otherEnergy.total
      otherGroups = scene.table.groups?.otherEnergy.total ?? 0
      scene.table.showEnergy()
      scene.table.groups?.showEnergy()
    }

    /// By how much the counters grew; nil where one fell.
    static func growth(_ from: [String: UInt64], _ to: [String: UInt64]) -> UInt64? {
      var sum: UInt64 = 0
      for (label, value) in to {
        guard let before = from[label] else { continue }
        if value < before { return nil }
        sum += value - before
      }
      return sum
    }
  }

  /// 300 traces of 100 windows of two packages: Σ of each package's parts is what its zones measured, to the microjoule, in
  /// every window; processes, control groups and packages agree; no counter falls. What has no series in a window, or gets
  /// one by it, grows in `other`.
  @Test(arguments: 1...300 as ClosedRange<UInt64>)
  func leavesAreGroupsAreNodesAndNoCounterFalls(seed: UInt64) {
    var scene = Scene(seed: seed, limit: 2 + Int(seed % 4), followsGroups: seed % 4 > 0) { kernel in
      kernel.start(2, comm: "kthread", isKernel: true)
      for id in 3...8 as ClosedRange<UInt32> { kernel.start(id, comm: "a", cgroup: 1 + UInt64(id % 3)) }
      for index in 0..<6 { kernel.use(index, upTo: 1_000_000_000) }
    }
    var shown = Shown(&scene)
    for window in 1...100 {
      disturb(&scene)
      let before = scene.packages.map(\.sum)
      var failed: Set<Int> = []
      for zone in scene.totals.indices {
        scene.totals[zone] += scene.kernel.generator.below(40_000_000)
        if scene.kernel.generator.chance(10) { failed.insert(zone) }
      }
      // passes of scrapes
      if scene.kernel.generator.chance(3) {
        scene.kernel.advance(100_000_000)
        scene.kernel.pass(&scene.table)
        shown = Shown(&scene)
        disturb(&scene)
      }
      scene.window(failed: failed)
      let now = Shown(&scene)
      for (from, to) in zip(shown.packages, now.packages) {
        for (old, new) in zip(from, to) { #expect(new >= old, "window \(window)") }
      }
      #expect(now.other >= shown.other && now.otherGroups >= shown.otherGroups)
      let sum = scene.packages.reduce(UInt64(0)) { $0 + $1.sum }
      if failed.isEmpty { #expect(sum == scene.measured, "window \(window)") }
      #expect(zip(before, scene.packages.map(\.sum)).allSatisfy { $0 <= $1 })

      let grown = zip(shown.packages, now.packages).reduce(UInt64(0)) { $0 + $1.1[0] - $1.0[0] }
      let processes = Shown.growth(shown.processes, now.processes)
      #expect(processes != nil, "a process' counter fell in window \(window)")
      let groups = Shown.growth(shown.groups, now.groups)
      #expect(groups != nil, "a group's counter fell in window \(window)")
      // series that are new begin at 0, or where an earlier one of the same labels had ended
      let admitted = scene.table.series.reduce(UInt64(0)) { sum, one in
        let label = "\(one.tgid) \(String(decoding: one.comm, as: UTF8.self)) \(one.cgroup)"
        return sum + (shown.processes[label] == nil ? one.share.microjoules.total : 0)
      }
      #expect((processes ?? 0) + admitted + now.other - shown.other == grown, "window \(window)")
      if scene.table.groups != nil {
        var fresh: UInt64 = 0
        for one in scene.table.groups?.series ?? [] where shown.groups[one.path] == nil {
          fresh += scene.table.share(ofGroup: one.group)
        }
        #expect((groups ?? 0) + fresh + now.otherGroups - shown.otherGroups == grown, "window \(window)")
      }
      shown = now
    }
    scene.window()
    for (index, package) in scene.packages.enumerated() {
      #expect(package.sum == scene.totals[2 * index] + scene.totals[2 * index + 1] - 2_000_000)
    }
  }

  /// A window's energy is set to a microjoule for each nanosecond that anything ran in it. If no run time is lost or counted
  /// twice, on its way through admission, eviction, new names, reused ids and death, everyone's energy then is their run time.
  @Test(arguments: (1...90 as ClosedRange<UInt64>).filter { $0 % 3 > 0 })
  func allRunTimeIsWeighedOnce(seed: UInt64) {
    var scene = Scene(seed: seed, packages: 1, followsGroups: seed % 4 > 0, idleMicrowatts: 0) { kernel in
      kernel.start(2, comm: "kthread", isKernel: true)
      for id in 3...8 as ClosedRange<UInt32> { kernel.start(id, comm: "a", cgroup: 1 + UInt64(id % 3)) }
    }
    var compared = 0
    for window in 1...100 {
      let ran = scene.kernel.everything.runtime_ns
      let runtimes = scene.kernel.processes.reduce(into: [:]) { $0[$1.startTime] = scene.kernel.runtime($1.tgid) }
      let series = Set(scene.table.series.filter { $0.endedAt == nil }.map(\.startTime))
      disturb(&scene, isOrderly: true)
      scene.totals[0] += scene.kernel.everything.runtime_ns - ran
      scene.window()
      #expect(scene.packages[0].sum == scene.measured)
      #expect(scene.packages[0].unattributed == 0)
      for one in scene.table.series where one.leaf >= 0 && one.endedAt == nil && series.contains(one.startTime) {
        guard let before = runtimes[one.startTime], let now = scene.kernel.runtime(one.tgid) else { continue }
        #expect(one.share.microjoules.total == now - before, "process \(one.tgid) in window \(window)")
        compared += 1
      }
    }
    #expect(compared > 50)
  }

  /// Whoever adds up what each series grew by from scrape to scrape, from 0 where it is new, has all that went to processes:
  /// none of it is lost in series that go between two scrapes.
  @Test(arguments: 1...60 as ClosedRange<UInt64>)
  func scraperSeesAllThatWentToProcesses(seed: UInt64) {
    var scene = Scene(seed: seed, limit: 2 + Int(seed % 3))
    var next: UInt32 = 9
    var (processes, groups): ([String: UInt64], [String: UInt64]) = ([:], [:])
    for window in 1...200 {
      let count = UInt64(scene.kernel.processes.count)
      switch scene.kernel.generator.below(4) {
      case 0:
        // no labels come twice, but those of one that goes on
        scene.kernel.start(next, comm: "a", cgroup: UInt64(next / 3))
        next += 1
      case 1 where count > 4: scene.kernel.end(Int(scene.kernel.generator.below(count)))
      default: break
      }
      for index in scene.kernel.processes.indices where scene.kernel.generator.chance(3) {
        scene.kernel.use(index, upTo: scene.kernel.generator.chance(3) ? 900_000_000 : 30_000_000)
      }
      scene.totals[0] += scene.kernel.generator.below(40_000_000)
      scene.window()
      guard scene.kernel.generator.chance(4) else { continue }
      let shown = Shown(&scene)
      processes.merge(shown.processes) { $1 }
      processes["other"] = shown.other
      groups.merge(shown.groups) { $1 }
      groups["other"] = shown.otherGroups
      let all = shown.packages.reduce(0) { $0 + $1[0] }
      #expect(processes.values.reduce(0, +) == all, "window \(window)")
      #expect(groups.values.reduce(0, +) == all, "window \(window)")
    }
    // more than have room, beside `other`
    #expect(processes.count > Int(seed % 3) + 3 && groups.count > 3)
  }

  /// `isOrderly`: the dead are counted at once, and nobody moves.
  private func disturb(_ scene: inout Scene, isOrderly: Bool = false) {
    for _ in 0..<6 {
      let count = UInt64(scene.kernel.processes.count)
      let place = count == 0 ? 0 : Int(scene.kernel.generator.below(count))
      switch scene.kernel.generator.below(16) {
      case 0, 1:
        let id = UInt32(3 + scene.kernel.generator.below(12))
        if !scene.kernel.processes.contains(where: { $0.tgid == id }) {
          scene.kernel.start(
            id, comm: scene.kernel.generator.chance(2) ? "a" : "b", cgroup: 1 + scene.kernel.generator.below(4))
        }
      case 2 where count > 2: scene.kernel.end(place, isFreed: isOrderly || !scene.kernel.generator.chance(3))
      case 3 where count > 0: scene.kernel.rename(place, scene.kernel.generator.chance(2) ? "a" : "b")
      case 4 where count > 0 && !isOrderly: scene.kernel.move(place, 1 + scene.kernel.generator.below(3))
      case 5 where count > 0: scene.kernel.startThread(place)
      case 6 where count > 0: scene.kernel.endThread(place)
      case 7: scene.kernel.free()
      default:
        if count > 0 { scene.kernel.use(place, upTo: scene.kernel.generator.chance(4) ? 900_000_000 : 30_000_000) }
      }
    }
  }
}
