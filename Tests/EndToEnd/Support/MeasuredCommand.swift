import Fixtures
import Foundation
import Testing

/// `wattprobe run` to its end, and what it found.
struct MeasuredCommand {
  let outcome: Outcome
  /// The JSON report.
  let report: [String: Any]

  init(_ options: [String] = [], _ command: [String]) async throws {
    let folder = try TemporaryTree()
    let file = folder.root + "/report.json"
    let separator = command.isEmpty ? [] : ["--"]
    outcome = try await Executable.run(
      Executable.wattprobe, ["run", "--json", "--output", file] + options + separator + command)
    let data = try Data(contentsOf: URL(fileURLWithPath: file))
    try #require(!data.isEmpty, "no report: \(outcome)")
    report = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any], "\(outcome.errors)")
  }

  var runs: [[String: Any]] { report["runs"] as? [[String: Any]] ?? [] }
  var trees: [[String: Any]] { runs.first?["trees"] as? [[String: Any]] ?? [] }
  var tree: [String: Any] { trees.first ?? [:] }
  var machine: [String: Any]? { runs.first?["machine"] as? [String: Any] }

  /// A figure of the first tree.
  func number(_ name: String) throws -> Double {
    try #require((tree[name] as? NSNumber)?.doubleValue, "no \(name) in \(tree)")
  }

  /// How often the first tree made a system call.
  func calls(_ name: String) -> Int {
    let calls = (tree["syscalls"] as? [String: Any])?["calls"] as? [String: Any]
    return ((calls?[name] as? [String: Any])?["calls"] as? NSNumber)?.intValue ?? 0
  }
}
