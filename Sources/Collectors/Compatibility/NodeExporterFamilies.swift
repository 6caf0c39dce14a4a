internal import ByteText
internal import Energy
internal import Exposition

/// node_exporter's rapl collector: one family for each name of a powercap zone.
///
/// As its `collector/rapl_linux.go` and procfs' `sysfs/class_powercap.go` have it: the number behind a name is the label
/// `index`, and where there is none, zones of the same name are counted in the order of their folders' names.
final class NodeExporterFamilies: CompatibleFamilies {
  static let families = ["package", "core", "uncore", "dram", "psys"].map(family)

  private static func family(_ name: String) -> Family {
    Family(
      unprefixed: "node_rapl_\(name)_joules", .counter, unit: "joules", labels: ["index", "path"],
      help: "As node_exporter: energy of powercap's zones of that name since this program started.")
  }

  private struct Zone {
    let index: Int
    let path: String
    let total: UInt64
    let startedAt: UInt64?
  }

  func write(_ figures: EnergyFigures, to writer: inout SampleWriter) {
    var names: [String] = []
    var zones: [String: [Zone]] = [:]
    var counts: [String: Int] = [:]
    let all = figures.readings.compactMap { reading in
      reading.zone.source == .rapl ? reading.folder.map { (path: $0, reading: reading) } : nil
    }
    for (path, reading) in all.sorted(by: { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }) {
      let (name, number) = Self.split(reading.zone.name)
      let index = number ?? counts[name, default: 0]
      counts[name] = index &+ 1
      let family = Self.sanitized(name)
      if zones[family] == nil { names.append(family) }
      zones[family, default: []].append(
        Zone(index: index, path: path, total: reading.total, startedAt: reading.startedAt))
    }
    for name in names {
      writer.begin(Self.families.first { $0.name == "node_rapl_\(name)_joules" } ?? Self.family(name))
      for zone in zones[name] ?? [] {
        writer.label("index", zone.index)
        writer.label("path", zone.path)
        writer.started(at: zone.startedAt)
        writer.micro(zone.total)
      }
    }
  }

  /// `package-0` is package and 0; what has more than one dash, as `package-0-die-1`, stays as it is.
  private static func split(_ name: String) -> (name: String, number: Int?) {
    let words = name.split(at: "-", omittingEmptySubsequences: false)
    guard words.count == 2, let number = Int(words[1]), number >= 0 else { return (name, nil) }
    return (String(words[0]), number)
  }

  private static func sanitized(_ name: String) -> String {
    String(
      name.unicodeScalars.map { scalar in
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": Character(scalar)
        default: "_"
        }
      })
  }
}
