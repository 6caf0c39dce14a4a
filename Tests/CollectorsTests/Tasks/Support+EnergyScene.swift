import BPFPrograms
import Energy

@testable import Collectors

/// A machine whose processes run, move, end and are reused, and zones that measure: tables and ledger together.
struct EnergyScene {
  var kernel: ModelKernel
  var tables: TaskTables
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
    tables = TaskTables(processes: ProcessTable(options: options))
    if followsGroups {
      var options = CgroupOptions()
      options.limit = 2
      options.graceNanoseconds = 15_000_000_000
      tables.groups = CgroupTable(options: options)
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
    kernel.pass(&tables)
    tables.beginAttribution(EnergyLedger(readings(windows: 0...0), cpus: 2, idleMicrowatts: idleMicrowatts))
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
    tables.energy?.measure(now, at: kernel.clock)
    kernel.pass(&tables)
    tables.attributeEnergy()
  }

  var packages: [EnergyLedger.Package] { tables.energy?.packages ?? [] }
  var measured: UInt64 { totals.reduce(UInt64(0)) { $0 + $1 - 1_000_000 } }
  func energy(_ tgid: UInt32) -> UInt64? {
    tables.processes.series.last { $0.tgid == tgid && $0.endedAt == nil }?.energy.total
  }
}

extension EnergyLedger.Package {
  var sum: UInt64 { processes + kernel + idle + unattributed }
}
