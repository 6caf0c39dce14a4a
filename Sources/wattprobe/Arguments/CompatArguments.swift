import ArgumentParser
import Collectors

/// Whose names energy is served by, besides.
struct CompatArguments: CollectorArguments {
  @Option(
    name: .customLong("compat"), parsing: .unconditional,
    help: ArgumentHelp(
      "Also serve energy under the metric names of these exporters, for their dashboards: kepler, scaphandre, node (node_exporter).",
      valueName: "exporter,..."),
    transform: CompatArgument.parse)
  var exporters: CompatArgument?

  func apply(to options: inout CollectorOptions) throws {
    if let exporters { options.compat.exporters = exporters.exporters }
    if options.enabled.contains("compat") && !options.enabled.contains("energy") {
      throw StartError("--compat: the energy collector is off, whose figures it shows", cure: "add --collector.energy")
    }
  }
}

/// Exporters on the command line, separated by commas.
struct CompatArgument: Hashable, Codable {
  private let words: [String]

  var exporters: Set<CompatibleExporter> { Set(words.compactMap(CompatibleExporter.init)) }

  static func parse(_ text: String) throws -> CompatArgument {
    let words = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    for word in words where CompatibleExporter(rawValue: word) == nil {
      let choices = CompatibleExporter.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("there is no exporter \"\(word)\"; give one or more of \(choices), separated by commas")
    }
    return CompatArgument(words: words)
  }
}
