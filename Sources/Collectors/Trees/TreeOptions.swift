internal import BPFPrograms

/// Which trees of processes are told apart.
package struct TreeOptions: Sendable, Hashable {
  /// How many, at most `limit`.
  package var count = 1
  /// Whether figures are kept by process, too.
  package var hasProcesses = false
  /// Whether a tree begins with the first program that its root executes; else with what lives as it is adopted.
  package var beginsWithProgram = true
  /// Whether it is measured how long system calls take: that is half of what a call costs more.
  package var timesCalls = true

  package static let limit = Int(MAX_TREES)
  /// Processes, and calls of processes, that find room where figures are kept by process.
  static let processes = 65536

  package init() {}
}
