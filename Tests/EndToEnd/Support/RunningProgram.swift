import Fixtures
import Foundation
import Glibc
import Testing

/// A program that was started; killed with the object if it still runs.
final class RunningProgram {
  private let process = Process()
  private let folder: TemporaryTree

  init(_ path: String, _ arguments: [String], environment: [String: String] = [:]) throws {
    folder = try TemporaryTree()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    var variables = ProcessInfo.processInfo.environment
    variables["COLUMNS"] = nil
    process.environment = variables.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    // files: nobody has to empty a pipe
    process.standardOutput = try file("output")
    process.standardError = try file("errors")
    try process.run()
  }

  deinit { if process.isRunning { kill(pid, SIGKILL) } }

  var pid: Int32 { process.processIdentifier }
  var isRunning: Bool { process.isRunning }
  var output: String { text("output") }
  var errors: String { text("errors") }

  func signal(_ number: Int32) { kill(pid, number) }

  /// Waits for the end.
  func outcome() async throws -> Outcome {
    do {
      try await eventually("the end of \(process.arguments ?? [])") { process.isRunning ? nil : () }
    } catch {
      Issue.record("it printed: \(output)\(errors)")
      throw error
    }
    let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    return Outcome(status: status, output: output, errors: errors)
  }

  private func file(_ name: String) throws -> FileHandle {
    try FileHandle(forWritingTo: URL(fileURLWithPath: try folder.write(name, "")))
  }

  private func text(_ name: String) -> String {
    (try? String(contentsOfFile: folder.root + "/" + name, encoding: .utf8)) ?? ""
  }
}

extension Executable {
  /// Runs a program to its end.
  static func run(_ path: String = wattprobe, _ arguments: [String]) async throws -> Outcome {
    try await RunningProgram(path, arguments).outcome()
  }

  /// Runs a command line of the shell with `text` as its input; returns how it ended and all that it printed.
  static func pipe(_ text: String, into command: String) async throws -> (status: Int32, output: String) {
    let folder = try TemporaryTree()
    let file = try folder.write("input", text)
    let outcome = try await run("/bin/sh", ["-c", "\(command) <\(file)"])
    return (outcome.status, outcome.output + outcome.errors)
  }
}
