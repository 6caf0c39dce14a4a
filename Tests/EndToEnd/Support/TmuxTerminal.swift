import Fixtures
import Foundation
import Glibc

/// A terminal with a shell in it, as tmux has it; gone with the object.
final class TmuxTerminal {
  private static let tmux = "/usr/bin/tmux"

  private let folder: TemporaryTree
  /// In the foreground, so that it ends with the object; with it end the shell and what that runs.
  private let server: RunningProgram
  private var socket: String { folder.root + "/socket" }

  init(columns: Int, lines: Int) async throws {
    _ = try Executable.tool(Self.tmux, package: "tmux")
    folder = try TemporaryTree()
    server = try RunningProgram(Self.tmux, ["-D", "-u", "-f", "/dev/null", "-S", folder.root + "/socket"])
    try await eventually("tmux") { access(socket, F_OK) == 0 ? () : nil }
    try await tmux(["new-session", "-d", "-x", "\(columns)", "-y", "\(lines)", "PS1='$ ' exec /bin/sh"])
    try await tmux(["set-option", "-g", "status", "off"])
    try await resize(columns: columns, lines: lines)
  }

  @discardableResult
  private func tmux(_ arguments: [String]) async throws -> String {
    let outcome = try await Executable.run(Self.tmux, ["-u", "-S", socket] + arguments)
    guard outcome.status == 0 else { throw Executable.Missing(description: "tmux \(arguments): \(outcome.errors)") }
    return outcome.output
  }

  /// Keys by the names that tmux has for them: `q`, `Enter`, `C-c`.
  func press(_ keys: String...) async throws { try await tmux(["send-keys"] + keys) }

  /// Text as it stands, such as a command line.
  func type(_ text: String) async throws { try await tmux(["send-keys", "-l", text]) }

  func resize(columns: Int, lines: Int) async throws {
    try await tmux(["resize-window", "-x", "\(columns)", "-y", "\(lines)"])
  }

  /// Has the whole terminal go, as when its window is closed.
  func close() { server.signal(SIGKILL) }

  /// The lines on the screen, without spaces at their ends.
  func screen() async throws -> [String] {
    try await tmux(["capture-pane", "-p"]).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      .map(String.init)
  }

  /// The same with the sequences that style it.
  func styledScreen() async throws -> String { try await tmux(["capture-pane", "-p", "-e"]) }

  /// The screen once it is as described; the time-out is for what never comes.
  @discardableResult
  func screen(_ what: String, where isSo: ([String]) -> Bool) async throws -> [String] {
    var last: [String] = []
    for _ in 0..<300 {
      last = try await screen()
      if isSo(last) { return last }
      try await Task.sleep(for: .milliseconds(100))
    }
    throw Executable.Missing(description: "waited in vain for \(what):\n" + last.joined(separator: "\n"))
  }

  /// The shell.
  func shell() async throws -> Int32 {
    let text = try await tmux(["list-panes", "-F", "#{pane_pid}"])
    guard let pid = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw Executable.Missing(description: "tmux names no process: \(text)")
    }
    return pid
  }
}
