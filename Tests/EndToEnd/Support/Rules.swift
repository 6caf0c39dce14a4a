import Fixtures
import Foundation

/// The rules for Prometheus of the repository.
enum Rules {
  private static let folder = Document.root.appending(path: "examples/prometheus")

  /// Paths of the YAML files in a folder of the example.
  static func files(_ name: String) throws -> [String] {
    let place = folder.appending(path: name).path
    return try FileManager.default.contentsOfDirectory(atPath: place).filter { $0.hasSuffix(".yml") }.sorted()
      .map { "\(place)/\($0)" }
  }

  /// Copies of the rule files in which a minute is `seconds` long, so that a test need not wait for ten of them.
  static func copies(into tree: TemporaryTree, minute seconds: Int) throws -> [String] {
    try files("rules").map { file in
      let text = try String(contentsOfFile: file, encoding: .utf8)
      let quick = text.replacing(/([\[ ])([0-9]+)m\b/) { "\($0.1)\(Int($0.2)! * seconds)s" }
      return try tree.write(URL(fileURLWithPath: file).lastPathComponent, quick)
    }
  }

  /// A rule, as Prometheus has read and evaluated it.
  struct Rule: Decodable {
    struct Alert: Decodable {
      let state: String
      let labels: [String: String]
    }

    let name: String
    let query: String
    let type: String
    /// `ok`, `err`, or `unknown` before it was evaluated.
    let health: String
    let lastError: String?
    let labels: [String: String]?
    let annotations: [String: String]?
    let alerts: [Alert]?

    var isAlert: Bool { type == "alerting" }

    /// What it asks for: names, and conditions on labels.
    var selectors: [Selector] {
      query.matches(of: /([a-z_][a-z0-9_:]*)(?:\{([^}]*)\})?/).compactMap { match in
        let conditions = (match.2 ?? "").matches(of: /([a-z_]+)(=~|!~|!=|=)"([^"]*)"/)
          .map { Condition(label: String($0.1), isPattern: $0.2.hasSuffix("~"), value: String($0.3)) }
        let name = String(match.1)
        let isMetric = !conditions.isEmpty || name == "up" || name.contains(/^(process|wattprobe)_|:/)
        return isMetric ? Selector(name: name, conditions: conditions) : nil
      }
    }
  }

  struct Selector {
    let name: String
    let conditions: [Condition]
  }

  struct Condition {
    let label: String
    let isPattern: Bool
    let value: String

    /// The values it names, each as a pattern.
    var alternatives: [String] {
      isPattern ? value.split(separator: "|", omittingEmptySubsequences: false).map(String.init) : [value]
    }
  }
}

extension PrometheusServer {
  private struct RuleList: Decodable {
    struct Payload: Decodable { let groups: [Group] }
    struct Group: Decodable { let rules: [Rules.Rule] }
    let data: Payload
  }

  func rules() throws -> [Rules.Rule] {
    try JSONDecoder().decode(RuleList.self, from: get("/api/v1/rules")).data.groups.flatMap(\.rules)
  }
}
