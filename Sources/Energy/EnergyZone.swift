/// What an energy counter measures, taken from the names the kernel gives it.
package struct EnergyZone: Sendable, Hashable {
  /// The `source` label.
  package enum Source: String, Sendable {
    case rapl
    case perf
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
    /// The whole platform: packages, memory and more.
    case psys
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

  /// - Parameter parentName: the name of the zone it lies in, which tells the package of `core`, `uncore` and `dram`.
  package init(source: Source, name: String, parentName: String? = nil, isMemoryMapped: Bool = false) {
    self.source = source
    self.name = name
    self.isMemoryMapped = isMemoryMapped
    let place = Self.place(name) ?? parentName.flatMap(Self.place)
    package = place?.package
    die = place?.die
    domain =
      switch name {
      case "core": .core
      case "uncore": .uncore
      case "dram": .dram
      case _ where Self.place(name) != nil: .package
      // One per package (`psys-1`) where the platform has several; intel_rapl_common.c, `rapl_init_domains`.
      case _ where name == "psys" || name.hasPrefix("psys-"): .psys
      default: .other
      }
  }

  /// `package-0` and `package-0-die-1` taken apart (intel_rapl_common.c, `rapl_add_package`).
  private static func place(_ name: String) -> (package: Int, die: Int?)? {
    let words = name.split(separator: "-", omittingEmptySubsequences: false)
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
  /// The package's number; `psys` for the platform, `unknown` where the kernel does not tell.
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
      let package = zone.package.map(String.init) ?? (zone.domain == .psys ? "psys" : "unknown")
      var labels = EnergyLabels(source: zone.source, package: package, zone: name)
      var number = 1
      while !taken.insert(labels).inserted {
        number += 1
        labels = EnergyLabels(source: zone.source, package: package, zone: "\(name)-\(number)")
      }
      return labels
    }
  }
}
