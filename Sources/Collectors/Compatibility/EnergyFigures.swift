internal import ByteText
internal import Energy
internal import Exposition
internal import Host

/// What there is to show at the moment of a scrape: the same state that the native families are written from.
struct EnergyFigures {
  /// What the zones stand at.
  let readings: [EnergyReading]
  /// Who used it; nil where nobody can tell.
  let ledger: EnergyLedger?
  /// Nil where processes have no series.
  let processes: ProcessTable?
  /// Nil where control groups have none.
  let groups: CgroupTable?
  /// What the processes of each control group used in the last windows, as `groups` numbers them.
  let groupShares: [EnergyLedger.Share]
  /// What the machine's energy is.
  let basis: EnergyBasis

  init(readings: [EnergyReading], tables: TaskTables?, hasProcesses: Bool = true, basis: EnergyBasis = .measured) {
    self.readings = readings
    ledger = tables?.energy
    processes = hasProcesses ? tables?.processes : nil
    groups = tables?.groups
    groupShares = tables?.groupShares ?? []
    self.basis = basis
  }

  /// Zones of which none measures again what another one does. Those in a package or around it come from the source that
  /// goes first, as perf does before powercap, that before its memory-mapped twin.
  var distinct: [EnergyReading] {
    var interfaces: [EnergyZone.Domain: (EnergyZone.Source, Bool)] = [:]
    return readings.filter { reading in
      switch reading.role {
      case .primary: return true
      case .part, .platform:
        let own = (reading.zone.source, reading.zone.isMemoryMapped)
        let first = interfaces[reading.zone.domain] ?? own
        interfaces[reading.zone.domain] = first
        return first == own
      case .duplicate, .unknown, nil: return false
      }
    }
  }
}

extension TaskTables {
  fileprivate var groupShares: [EnergyLedger.Share] {
    guard let energy, let groups else { return [] }
    var shares = Array(repeating: EnergyLedger.Share(), count: groups.groups.count)
    for one in processes.series where one.leaf >= 0 && one.leafGroup >= 0 {
      shares[one.leafGroup] += energy.shares[one.leaf]
    }
    for (place, group) in energy.groups.enumerated() where group.leaf >= 0 {
      shares[place] += energy.shares[group.leaf]
    }
    return shares
  }
}

extension EnergyZone.Domain {
  /// What RAPL calls it; nil for what it does not have.
  var raplName: String? {
    switch self {
    case .package: "package"
    case .core: "core"
    case .uncore: "uncore"
    case .dram: "dram"
    case .psys: "psys"
    case .gpu, .machine, .other: nil
    }
  }
}

extension EnergyWindow {
  /// Mean power in whole microwatts, rounded down.
  var microwatts: UInt64 { UInt64(clamping: UInt128(microjoules) * 1_000_000_000 / UInt128(nanoseconds)) }
}

extension EnergyReading {
  /// The folder of a powercap zone; for all others what stands for one. Nil while there is nothing to show.
  var folder: String? {
    guard let path else { return nil }
    let file = "/energy_uj"
    return path.ends(with: file) ? String(path.dropLast(file.count)) : path
  }
}

/// What makes the labels of a process' series differ from all others'.
struct ProcessKey: Hashable {
  let tgid: UInt32
  let comm: [UInt8]
  let cgroup: [UInt8]
  /// Labels know when the series began.
  let startedAt: UInt64

  init(_ one: borrowing ProcessSeries) {
    tgid = one.tgid
    comm = one.comm
    cgroup = Array(one.cgroup.utf8)
    startedAt = one.startedAt
  }
}

extension SampleWriter {
  mutating func label(_ name: StaticString, text: [UInt8]) {
    label(name, String(distinguishing: text))
  }
}
