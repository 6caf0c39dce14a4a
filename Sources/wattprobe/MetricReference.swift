import Collecting
import Collectors
import Exposition
import Web

/// The metric reference of docs/metrics.md, made from the registry.
enum MetricReference {
  /// One section a collector, in the order of the registry, and one for the program itself.
  static var markdown: String {
    let collectors = Registry.collectors.map { collector in
      let note = collector.isOnByDefault ? "" : "Off by default: `--collector.\(collector.name)` switches it on."
      return section(collector.name, notes: [note, collector.notes], collector.families)
    }
    let own = section(
      "The program itself",
      notes: [
        "Those of the web configuration file are absent without `--web.config.file`, and say what the last request found."
      ],
      ProgramCollector.families + CollectorSet.families + WebConfigurationState.families)
    return (collectors + [own]).joined(separator: "\n")
  }

  private static func section(_ title: String, notes: [String], _ families: [Family]) -> String {
    let text = notes.filter { !$0.isEmpty }.joined(separator: " ")
    let rows = families.map { family in
      let labels = family.labels.isEmpty ? "–" : family.labels.joined(separator: ", ")
      return "| `\(sampleName(family))` | \(family.type) | \(labels) | \(family.help) |\n"
    }
    return "## \(title)\n\n" + (text.isEmpty ? "" : text + "\n\n")
      + "| metric | type | labels | meaning |\n|---|---|---|---|\n" + rows.joined()
  }

  /// As a query names the family; a histogram's suffixes are said once for all.
  private static func sampleName(_ family: Family) -> String {
    switch family.type {
    case .counter: family.name + "_total"
    case .info: family.name + "_info"
    case .gauge, .histogram, .unknown: family.name
    }
  }
}
