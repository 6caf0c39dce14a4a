import Fixtures
import BPFPrograms
import Energy
import Testing

@testable import Collectors

/// Whatever happens, the energy measured is that attributed, at every level.
@Suite struct EnergyLedgerPropertyTests {
  private struct Shown {
    var processes: [String: UInt64] = [:]
    var groups: [String: UInt64] = [:]
    var packages: [[UInt64]] = []
    var other: UInt64 = 0
    var otherGroups: UInt64 = 0

    /// As a scrape shows it.
    init(_ scene: inout EnergyScene) {
      scene.tables.processes.showEnergy()
      scene.tables.groups?.showEnergy()
      for one in scene.tables.processes.series where one.leaf >= 0 {
        processes["\(one.tgid) \(String(decoding: one.comm, as: UTF8.self)) \(one.cgroup)"] = one.energy.total
      }
      for one in scene.tables.groups?.series ?? [] { groups[one.path] = one.energy.total }
      packages = scene.packages.map { [$0.processes, $0.kernel, $0.idle, $0.unattributed] }
      other = scene.tables.processes.otherEnergy.total
      otherGroups = scene.tables.groups?.otherEnergy.total ?? 0
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
    var scene = EnergyScene(seed: seed, limit: 2 + Int(seed % 4), followsGroups: seed % 4 > 0) { kernel in
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
        scene.kernel.pass(&scene.tables)
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
      // series that are new begin at 0, or where an earlier one of the same labels had stood
      #expect((processes ?? 0) + now.other - shown.other == grown, "window \(window)")
      if scene.tables.groups != nil {
        #expect((groups ?? 0) + now.otherGroups - shown.otherGroups == grown, "window \(window)")
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
    var scene = EnergyScene(seed: seed, packages: 1, followsGroups: seed % 4 > 0, idleMicrowatts: 0) { kernel in
      kernel.start(2, comm: "kthread", isKernel: true)
      for id in 3...8 as ClosedRange<UInt32> { kernel.start(id, comm: "a", cgroup: 1 + UInt64(id % 3)) }
    }
    var compared = 0
    for window in 1...100 {
      let ran = scene.kernel.everything.runtime_ns
      let runtimes = scene.kernel.processes.reduce(into: [:]) { $0[$1.startTime] = scene.kernel.runtime($1.tgid) }
      let series = Set(scene.tables.processes.series.filter { $0.endedAt == nil }.map(\.startTime))
      disturb(&scene, isOrderly: true)
      scene.totals[0] += scene.kernel.everything.runtime_ns - ran
      scene.window()
      #expect(scene.packages[0].sum == scene.measured)
      #expect(scene.packages[0].unattributed == 0)
      for one in scene.tables.processes.series
      where one.leaf >= 0 && one.endedAt == nil && series.contains(one.startTime) {
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
    var scene = EnergyScene(seed: seed, limit: 2 + Int(seed % 3))
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
      // nothing that was used before a scrape showed a series is in it
      for (label, value) in shown.processes where processes[label] == nil { #expect(value == 0) }
      for (path, value) in shown.groups where groups[path] == nil { #expect(value == 0) }
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
  private func disturb(_ scene: inout EnergyScene, isOrderly: Bool = false) {
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
