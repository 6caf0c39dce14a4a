import Foundation
import Glibc
import Testing

/// All tests that start the program, one after the other: they share the machine's kernel.
@Suite(.serialized) enum EndToEnd {}

/// The built program, and tools of the distribution.
enum Executable {
  /// Beside the test bundle.
  static let wattprobe = built("wattprobe")
  /// Loads of known size.
  static let loads = built("loads")

  private static func built(_ name: String) -> String {
    let bundle = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(fileURLWithPath: bundle ?? "").deletingLastPathComponent().appendingPathComponent(name).path
  }

  struct Missing: Error, CustomStringConvertible {
    let description: String
  }

  /// The path of a tool that the Debian package `package` has.
  static func tool(_ path: String, package: String) throws -> String {
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw Missing(description: "\(path) is missing: install the package \(package)")
    }
    return path
  }

  /// Arguments of setpriv for a user without any right but to read files: the build may lie in a home folder.
  static let nobody =
    ["--reuid=65534", "--regid=65534", "--clear-groups"]
    + ["--inh-caps", "--ambient-caps", "--bounding-set"].map { $0 + "=-all,+dac_read_search" }
}

/// What a program printed and how it ended.
struct Outcome {
  let status: Int32
  let output: String
  let errors: String

  /// The last line on standard error that says why the program ended: of a wrong command line, or from the log.
  var error: String {
    let line = errors.split(separator: "\n").last { $0.hasPrefix("Error: ") || $0.contains(" level=critical ") }
    return line.map { String($0).replacing("\\\"", with: "\"") } ?? ""
  }
}

/// Asks until the answer is there; the time-out is for what never comes.
func eventually<T>(
  _ what: String, within seconds: Int = 60, _ ask: () throws -> T?
) async throws -> T {
  for _ in 0..<(seconds * 20) {
    if let answer = try ask() { return answer }
    try await Task.sleep(for: .milliseconds(50))
  }
  throw Executable.Missing(description: "waited \(seconds) s in vain for \(what)")
}
