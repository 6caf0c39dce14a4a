import Foundation
import Glibc
import Machine
import Testing

/// A wattprobe that serves on a loopback port of the kernel's choice.
final class Exporter {
  let program: RunningProgram
  let port: UInt16

  /// Returns once it is ready. `through` starts it by another program, as setpriv, which becomes it. It does not see the
  /// machine's own sensors. The counters in the files `moving` move until it is ready.
  init(
    _ arguments: [String] = [], environment: [String: String] = [:], through wrapper: [String] = [],
    listening: [String] = ["--web.listen-address", "127.0.0.1:0"], moving counters: [String] = []
  ) async throws {
    let ticking = try TickingCounters(counters)
    defer { ticking.stop() }
    let sysfs = arguments.contains("--path.sysfs") ? [] : ["--path.sysfs", GuestSysfs.path]
    let library =
      arguments.contains("--energy.nvml-library") ? [] : ["--energy.nvml-library", "libnvidia-ml-of-nobody.so"]
    // loads may cost more than a collector may here
    let budget = arguments.contains("--budget.cpu") ? [] : ["--budget.cpu", "off"]
    let line = wrapper + [Executable.wattprobe] + listening + sysfs + library + budget + arguments
    let program = try RunningProgram(line[0], Array(line.dropFirst()), environment: environment)
    self.program = program
    do {
      port = try await eventually("the exporter to be ready") {
        guard program.errors.contains("msg=ready") else {
          if !program.isRunning { throw Executable.Missing(description: "the exporter ended: \(program.errors)") }
          return nil
        }
        let place = program.errors.split(separator: "\n").first { $0.contains("msg=listening") }
        return place?.split(separator: ":").last.flatMap { UInt16($0) }
      }
    } catch {
      Issue.record("it printed: \(program.errors)")
      throw error
    }
  }

  func get(_ path: String = "/metrics", accept: String = "text/plain") throws -> HTTPResponse {
    try HTTPClient(port: port).get(path, accept: accept)
  }

  /// The lines of a scrape that are samples.
  func samples() throws -> [String] {
    let response = try get()
    try #require(response.status == 200)
    return response.body.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
  }

  /// Asks it to end and says how it did.
  func stop(_ signal: Int32 = SIGTERM) async throws -> Outcome {
    program.signal(signal)
    return try await program.outcome()
  }

  /// The status files of its threads.
  func threads() throws -> [String] {
    let folder = "/proc/\(program.pid)/task"
    return try FileManager.default.contentsOfDirectory(atPath: folder).map { "\(folder)/\($0)/status" }
  }

  /// Processes it started that still live.
  var children: [Int32] { ProcessTree.children(of: program.pid) }
}

enum ProcessTree {
  static func children(of parent: Int32) -> [Int32] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return all.compactMap { Int32($0) }.filter { field("PPid", of: "/proc/\($0)/status") == "\(parent)" }
  }

  static func exists(_ pid: Int32) -> Bool {
    // a zombie has ended; init may be slow to collect it
    guard let state = field("State", of: "/proc/\(pid)/status") else { return false }
    return !state.hasPrefix("Z")
  }

  /// A line of a status file.
  static func field(_ name: String, of path: String) -> String? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
    return line.map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
  }
}
