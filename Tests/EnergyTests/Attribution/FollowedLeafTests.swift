import Testing

@testable import Energy

/// Leaves whose energy is kept by zone, as trees of processes are.
@Suite struct FollowedLeafTests {
  private static let zones = [
    EnergyZone(source: .rapl, name: "package-0"), EnergyZone(source: .rapl, name: "dram", parentName: "package-0"),
  ]

  private static func readings(_ totals: [UInt64], window: UInt64? = second) -> [EnergyReading] {
    let labels = EnergyLabels.assign(to: zones)
    return zones.indices.map { index in
      EnergyReading(
        labels: labels[index], zone: zones[index], role: .primary, total: totals[index],
        window: window.map { EnergyWindow(microjoules: 1, nanoseconds: $0) })
    }
  }

  @Test func theirEnergyIsKeptByZone() {
    var ledger = EnergyLedger(Self.readings([0, 0], window: nil), cpus: 2, idleMicrowatts: 0)
    let leaf = ledger.makeLeaf()
    ledger.follow(leaf)
    for window: UInt64 in 1...3 {
      ledger.beginPass(elapsed: second)
      ledger.add(Weights(runTime: 300), to: leaf)
      ledger.add(Weights(runTime: 100), to: EnergyLedger.rest)
      ledger.measure(Self.readings([window * 1000, window * 400]), at: window * second)
      ledger.close()
    }
    let labels = EnergyLabels.assign(to: Self.zones)
    #expect(ledger.followed[leaf] == [labels[0]: 2250, labels[1]: 900])
    #expect(ledger.packages.reduce(0) { $0 + $1.processes } == 4200)
    ledger.follow(leaf)
    #expect(ledger.followed[leaf] == [:])
  }

  /// The last window of a tree: others do not thin it out while the kernel lets go of its tasks.
  @Test func othersAreFrozenOutUntilTheWindowCloses() {
    var ledger = EnergyLedger(Self.readings([0, 0], window: nil), cpus: 2, idleMicrowatts: 0)
    let leaf = ledger.makeLeaf()
    ledger.follow(leaf)
    ledger.beginPass(elapsed: second)
    ledger.add(Weights(runTime: 100), to: EnergyLedger.rest)
    ledger.measure(Self.readings([1000, 0]), at: second)
    ledger.freeze()
    ledger.add(Weights(runTime: 1_000_000), to: EnergyLedger.rest)
    ledger.add(Weights(runTime: 100), to: leaf)
    ledger.close()
    #expect(ledger.followed[leaf]?.values.reduce(0, +) == 500)
    ledger.beginPass(elapsed: second)
    ledger.add(Weights(runTime: 100), to: EnergyLedger.rest)
    ledger.measure(Self.readings([2000, 0]), at: 2 * second)
    ledger.close()
    #expect(ledger.shares[EnergyLedger.rest].microjoules.total == 1000)
  }
}
