internal import CLibbpf
internal import Foundation
internal import Synchronization
package import Testing

/// Plays a test that measures the machine again where it failed, twice at most, and says what else went on meanwhile.
///
/// A kernel passes by programs at raw tracepoints now and then, by more of them while somebody attaches or detaches others,
/// and whatever else runs is in figures of the whole machine. What is wrong in the product is wrong in every play.
package struct Replay: SuiteTrait, TestTrait, TestScoping {
  private static let plays = 3

  package var isRecursive: Bool { true }

  package init() {}

  package func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    guard testCase != nil else { return try await function() }
    for play in 1..<Self.plays {
      let before = Surroundings()
      let problems = Mutex<[String]>([])
      try await withKnownIssue(isIntermittent: true) {
        try await function()
      } matching: { issue in
        problems.withLock { $0.append("\(issue)") }
        return true
      }
      let found = problems.withLock { $0 }
      if found.isEmpty { return }
      print("\(test.name) is played again after play \(play), in which \(before.changes):\n  \(found[0])")
      try await Task.sleep(for: .milliseconds(500))
    }
    try await function()
  }
}

/// What else there is on the machine at a moment.
private struct Surroundings {
  private let programs = Self.programs()
  private let load = Self.text("/proc/loadavg")

  /// What went on since.
  var changes: String {
    let now = Surroundings()
    let came = now.programs.subtracting(programs)
    let went = programs.subtracting(now.programs)
    return "\(came.count) eBPF programs came and \(went.count) went, the highest number from \(programs.max() ?? 0) to "
      + "\(now.programs.max() ?? 0); load averages \(load), then \(now.load)"
  }

  /// The numbers of all eBPF programs in the kernel.
  private static func programs() -> Set<UInt32> {
    var numbers: Set<UInt32> = []
    var number: UInt32 = 0
    while bpf_prog_get_next_id(number, &number) == 0 { numbers.insert(number) }
    return numbers
  }

  private static func text(_ path: String) -> String {
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
