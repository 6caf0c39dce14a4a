import BPFPrograms
import Energy
import Testing

@testable import Collectors

/// What the ledger says step by step.
@Suite struct EnergyLedgerTests {
  private var scene = EnergyScene(seed: 1, packages: 1, idleMicrowatts: 0) { kernel in
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
    let one = scene.tables.processes.series.first { $0.tgid == 7 }
    #expect(one?.share.microjoules.total == 6_000_600)
    #expect(abs((one?.share.watts.total ?? 0) - 6.0006) < 1e-9)
    #expect(scene.tables.energy?.hasWindow == true)
  }

  @Test mutating func kernelThreadsHaveNoEnergyOfTheirOwnButThatOfTheKernel() {
    admit(0)
    run(0, 100_000_000)
    scene.totals[0] += 5_000_000
    scene.window()
    #expect(scene.tables.processes.series.contains { $0.tgid == 2 && $0.leaf < 0 && $0.energy.total == 0 })
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
    let series = scene.tables.processes.series.first { $0.tgid == 7 }
    #expect(series?.endedAt != nil)
    #expect(series.map { $0.energy.total - before } == 2_000_000)
    #expect(scene.tables.processes.otherEnergy.total == 2_000_000)
  }

  @Test mutating func processThatNoPassSawIsInOther() {
    scene.window()
    scene.kernel.start(9, comm: "brief")
    run(3, 20_000_000)
    scene.kernel.end(3)
    run(2, 20_000_000)
    scene.totals[0] += 2_000_000
    scene.window()
    #expect(scene.tables.processes.otherEnergy.total == 2_000_000)
    let groups = scene.tables.groups?.series.reduce(
      scene.tables.groups?.otherEnergy.total ?? 0
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
    #expect(scene.tables.processes.series.filter { $0.tgid == 7 }.map(\.energy.total) == [first, 9_000_000])
    #expect(scene.packages[0].sum == scene.measured)
  }

  @Test mutating func windowHeldOpenHasTheWeightsOfTheWholeTime() {
    admit(1, 2)
    let before = (scene.energy(7)!, scene.energy(8)!)
    run(1, 300_000_000)
    scene.totals[0] += 1_000_000
    scene.window(failed: [0, 1])
    #expect(scene.energy(7)! == before.0)
    #expect(scene.tables.energy?.hasWindow == false)
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
    var estimate = EnergyLedger(readings([.primary, nil, nil]), basis: .model, cpus: 1, idleMicrowatts: 0)
    estimate.measure(readings([.primary, .duplicate, .duplicate]), at: 1)
    // of package 1 nothing is attributed
    #expect(estimate.packages.map(\.basis) == [.model])
    var measured = EnergyLedger(readings([.duplicate, .primary, .primary]), cpus: 1, idleMicrowatts: 0)
    measured.measure(readings([.duplicate, nil, nil]), at: 1)
    #expect(measured.packages.map(\.basis) == [.measured, .measured])
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
