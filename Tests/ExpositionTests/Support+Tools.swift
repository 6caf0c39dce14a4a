import Fixtures
import Foundation
import Testing

/// A program of the distribution that reads what we write: the judge that was not written here.
struct Tool {
  let path: String
  let arguments: [String]
  /// The Debian package that has it.
  let package: String

  static let promtool = Tool(path: "/usr/bin/promtool", arguments: ["check", "metrics"], package: "prometheus")
  /// The distribution's Python, which sees the distribution's modules.
  static func python(_ script: String) -> Tool {
    Tool(path: "/usr/bin/python3", arguments: ["-c", script], package: "python3-prometheus-client")
  }

  struct Missing: Error, CustomStringConvertible {
    let description: String
  }

  /// Exit status and everything printed, after it has read `input`.
  func run(_ input: [UInt8]) throws -> (status: Int32, output: String) {
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw Missing(description: "\(path) is missing: install the package \(package)")
    }
    // Through a file, so that neither side waits for a full pipe.
    let tree = try TemporaryTree()
    let file = URL(fileURLWithPath: try tree.write("input", bytes: input))
    let output = Pipe()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardInput = try FileHandle(forReadingFrom: file)
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let printed = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let text = String(decoding: printed, as: UTF8.self)
    if text.contains("ModuleNotFoundError") {
      throw Missing(description: "prometheus_client is missing: install the package \(package)")
    }
    return (process.terminationStatus, text)
  }
}

/// What Python's parsers make of a text.
struct ParsedFamily: Decodable, Equatable {
  struct Sample: Decodable, Equatable {
    let name: String
    let labels: [String: String]
    /// As Python prints the number, so that NaN and infinities survive JSON.
    let value: String
  }

  let name: String
  let type: String
  let unit: String
  let help: String
  let samples: [Sample]

  /// Parses `text` with `prometheus_client.<module>`: `openmetrics.parser` or `parser`.
  static func parse(_ text: [UInt8], module: String) throws -> [ParsedFamily] {
    let script = """
      import io, json, sys
      from prometheus_client.\(module) import text_fd_to_metric_families
      lines = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", newline="\\n")
      print(json.dumps([
        {"name": f.name, "type": f.type, "unit": f.unit, "help": f.documentation,
         "samples": [{"name": s.name, "labels": s.labels, "value": repr(float(s.value))} for s in f.samples]}
        for f in text_fd_to_metric_families(lines)]))
      """
    let (status, output) = try Tool.python(script).run(text)
    try #require(status == 0, "\(output)")
    return try JSONDecoder().decode([ParsedFamily].self, from: Data(output.utf8))
  }
}
