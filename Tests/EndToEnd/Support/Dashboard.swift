import Foundation

/// The dashboard of the repository, as far as tests look into it.
struct Dashboard: Decodable {
  struct Source: Decodable { let type: String?, uid: String? }
  struct Target: Decodable {
    let expr: String
    let datasource: Source?
  }
  struct Panel: Decodable {
    let id: Int
    let type: String
    let title: String
    let description: String?
    let datasource: Source?
    let targets: [Target]?
  }
  struct Variable: Decodable { let name: String, type: String }
  struct Templating: Decodable { let list: [Variable] }

  let schemaVersion: Int
  let panels: [Panel]
  let templating: Templating

  static func load() throws -> Dashboard {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../../dashboards/overview.json")
    return try JSONDecoder().decode(Dashboard.self, from: Data(contentsOf: file))
  }

  var rows: [Panel] { panels.filter { $0.type == "row" } }
  var graphs: [Panel] { panels.filter { $0.type != "row" } }
  var expressions: [String] { graphs.flatMap { $0.targets ?? [] }.map(\.expr) }

  /// The expression as Grafana would send it.
  static func substituted(_ expression: String) -> String {
    expression
      .replacing("$__rate_interval", with: "15s").replacing("$__range", with: "1m")
      .replacing("$job", with: ".*").replacing("$instance", with: ".*")
  }

  /// The metric names in an expression: words before a selector.
  static func metrics(in expression: String) -> Set<String> {
    Set(expression.matches(of: /([a-zA-Z_:][a-zA-Z0-9_:]*)\{/).map { String($0.1) })
  }
}
