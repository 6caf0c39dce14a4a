import ArgumentParser
import Collectors

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
