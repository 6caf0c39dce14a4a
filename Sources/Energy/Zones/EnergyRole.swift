/// How a zone's energy relates to that of others: the machine's energy is the sum of the primary zones and of nothing else.
package enum EnergyRole: String, Sendable {
  /// Packages, memory and GPUs, each once; where none is measured, the platform, once.
  case primary
  /// Measures again what a primary zone measures: the same place by another source, or by the memory-mapped interface.
  case duplicate
  /// Lies within a package: core and uncore.
  case part
  /// Contains packages: psys, a battery that discharges, the meter of a power supply.
  case platform
  /// The name says nothing, or too little: never summed.
  case unknown

  /// The role of each zone.
  ///
  /// Of several sources for the same domain of the same package, perf goes before powercap: it is read from a descriptor,
  /// and its turn is 16,000 times longer. Then come powercap's memory-mapped interface and hwmon, which show the same
  /// registers once more, and last the model, which counts only where nothing measures. Dies of one source are distinct, but
  /// sources are compared by package, for one may tell dies apart where the other does not.
  package static func assign(to zones: [EnergyZone]) -> [EnergyRole] {
    var best: [Measurand: Int] = [:]
    for zone in zones {
      let measurand = Measurand(zone)
      best[measurand] = min(best[measurand] ?? .max, rank(zone))
    }
    let isMeasured = zones.contains { $0.domain == .package && $0.source != .model }
    var counted: Set<EnergyZone> = []
    return zones.map { zone in
      switch zone.domain {
      case .psys, .machine: return .platform
      case .other: return .unknown
      case .core, .uncore: return .part
      case .gpu: return counted.insert(zone).inserted ? .primary : .duplicate
      case .package, .dram:
        if zone.package == nil { return .unknown }
        guard rank(zone) == best[Measurand(zone)] else { return .duplicate }
        // Never measured packages and estimated ones side by side: their sum would be neither.
        if zone.source == .model && isMeasured { return .duplicate }
        return counted.insert(zone).inserted ? .primary : .duplicate
      }
    }
  }

  /// Which zone is the platform's, where only that is measured: RAPL's, the meter of a supply, a battery, in this order.
  package static func platform(of zones: [EnergyZone]) -> Int? {
    zones.indices.filter { zones[$0].domain == .psys || zones[$0].domain == .machine }.min {
      rank(zones[$0]) < rank(zones[$1])
    }
  }

  private static func rank(_ zone: EnergyZone) -> Int {
    switch zone.source {
    case .perf: 0
    case .rapl: zone.isMemoryMapped ? 2 : 1
    case .hwmon: 3
    case .battery, .nvml: 4
    case .model: 5
    }
  }
}
