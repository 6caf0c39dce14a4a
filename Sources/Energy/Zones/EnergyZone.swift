internal import ByteText

/// What an energy counter measures, taken from the names the kernel gives it.
package struct EnergyZone: Sendable, Hashable {
  /// The `source` label.
  package enum Source: String, Sendable {
    case rapl
    case perf
    case hwmon
    case battery
    case nvml
    case model
  }

  /// The part of the machine that the energy goes to.
  package enum Domain: Sendable, Hashable {
    case package
    /// The cores of a package: in its energy already.
    case core
    /// Graphics and the rest outside the cores: in the package's energy already.
    case uncore
    /// Memory: not in the package's energy.
    case dram
    /// A card with a processor of its own: in no package's energy.
    case gpu
    /// The whole platform as RAPL counts it: packages, memory and more.
    case psys
    /// The whole machine, measured where its supply comes in.
    case machine
    /// A name that is not known.
    case other
  }

  package let source: Source
  /// As powercap names it: `package-0`, `package-0-die-1`, `core`, `dram`, `psys`.
  package let name: String
  /// The memory-mapped twin of a zone that has the same name elsewhere.
  package let isMemoryMapped: Bool
  package let domain: Domain
  /// The package it belongs to, nil for psys and for names that do not tell.
  package let package: Int?
  /// The die, where packages have several.
  package let die: Int?
  /// What it belongs to where that is no package: the unique identifier of a GPU.
  package let owner: String?

  /// - Parameter parentName: the name of the zone it lies in, which tells the package of `core`, `uncore` and `dram`.
  package init(source: Source, name: String, parentName: String? = nil, isMemoryMapped: Bool = false) {
    self.source = source
    self.name = name
    self.isMemoryMapped = isMemoryMapped
    owner = nil
    let location = Self.packageAndDie(in: name) ?? parentName.flatMap(Self.packageAndDie)
    package = location?.package
    die = location?.die
    domain =
      switch name {
      case "core": .core
      case "uncore": .uncore
      case "dram": .dram
      case _ where Self.packageAndDie(in: name) != nil: .package
      // One per package (`psys-1`) where the platform has several; intel_rapl_common.c, `rapl_init_domains`.
      case _ where name == "psys" || name.begins(with: "psys-"): .psys
      default: .other
      }
  }

  /// More watts than it can draw: no reading is believed that implies more.
  package var mostWatts: UInt64 {
    if source == .battery { return 1000 }
    return switch domain {
    case .package, .core, .uncore, .dram, .gpu: WrapSafeCounter.fullPowerWatts
    // a server full of GPUs takes ten thousand
    case .psys, .machine, .other: 50_000
    }
  }

  /// A zone whose place in the machine is known by other means than its name.
  package init(source: Source, name: String, domain: Domain, package: Int? = nil, owner: String? = nil) {
    self.source = source
    self.name = name
    self.domain = domain
    self.package = package
    self.owner = owner
    isMemoryMapped = false
    die = nil
  }

  /// `package-0` and `package-0-die-1` taken apart (intel_rapl_common.c, `rapl_add_package`).
  private static func packageAndDie(in name: String) -> (package: Int, die: Int?)? {
    let words = name.split(at: "-", omittingEmptySubsequences: false)
    guard words.count == 2 || (words.count == 4 && words[2] == "die"), words[0] == "package" else { return nil }
    guard let package = Int(words[1]), package >= 0 else { return nil }
    if words.count == 2 { return (package, nil) }
    guard let die = Int(words[3]), die >= 0 else { return nil }
    return (package, die)
  }
}

/// The labels of a zone's series.
package struct EnergyLabels: Sendable, Hashable, CustomStringConvertible {
  package let source: EnergyZone.Source
  /// The package's number or the GPU's identifier; `psys` for the platform, `machine` for what measures all of it,
  /// `unknown` where nothing tells.
  package let package: String
  package let zone: String

  /// `rapl 0/dram`, for logs.
  package var description: String { "\(source.rawValue) \(package)/\(zone)" }

  /// The labels of each zone, no two alike.
  ///
  /// The zone label is the kernel's name, with the die where the name lacks it (`dram-die-1`), and `-mmio` for the
  /// memory-mapped twin (`package-0-mmio`). What is still alike gets a number in the order given: `dram-2`.
  package static func assign(to zones: [EnergyZone]) -> [EnergyLabels] {
    var taken: Set<EnergyLabels> = []
    return zones.map { zone in
      var name = zone.name
      if let die = zone.die, zone.domain != .package { name += "-die-\(die)" }
      if zone.isMemoryMapped { name += "-mmio" }
      var labels = EnergyLabels(source: zone.source, package: packageLabel(of: zone), zone: name)
      var number = 1
      while !taken.insert(labels).inserted {
        number += 1
        labels = EnergyLabels(source: zone.source, package: packageLabel(of: zone), zone: "\(name)-\(number)")
      }
      return labels
    }
  }

  private static func packageLabel(of zone: EnergyZone) -> String {
    if let owner = zone.owner { return owner }
    if let package = zone.package { return String(package) }
    return switch zone.domain {
    case .psys: "psys"
    case .machine: "machine"
    default: "unknown"
    }
  }
}
