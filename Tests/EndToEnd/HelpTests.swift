import Foundation
import Machine
import Testing

extension EndToEnd {
  /// The texts are part of the interface: a change is to be seen in review. `WATTPROBE_UPDATE_GOLDEN=1` rewrites them.
  @Suite struct HelpTests {
    @Test(arguments: [
      ("wattprobe", ["--help"]), ("wattprobe", ["serve", "--help"]), ("collectors", ["collectors", "--help"]),
      ("check-web-config", ["check-web-config", "--help"]), ("run", ["run", "--help"]), ("top", ["top", "--help"]),
      ("record", ["record", "--help"]), ("report", ["report", "--help"]), ("export", ["export", "--help"]),
    ])
    func isWhatWasReviewed(_ name: String, _ arguments: [String]) async throws {
      let outcome = try await Executable.run(Executable.wattprobe, arguments)
      #expect(outcome.status == 0)
      #expect(outcome.errors.isEmpty)
      #expect(outcome.output.split(separator: "\n").allSatisfy { $0.count <= 80 || $0.hasPrefix("USAGE:") })
      let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Golden/\(name).txt")
      if ProcessInfo.processInfo.environment["WATTPROBE_UPDATE_GOLDEN"] != nil {
        try Data(outcome.output.utf8).write(to: file)
      }
      #expect(outcome.output == (try String(contentsOf: file, encoding: .utf8)))
    }

    @Test func versionNamesNumberAndRevision() async throws {
      let outcome = try await Executable.run(Executable.wattprobe, ["--version"])
      #expect(outcome.status == 0)
      #expect(outcome.output.wholeMatch(of: /wattprobe \d+\.\d+\.\d+ \(revision [0-9a-z-]+\)\n/) != nil)
    }

    @Test func collectorsListsEachWithWhetherItCanRun() async throws {
      let outcome = try await Executable.run(
        Executable.wattprobe, ["collectors", "--no-collector.exits", "--path.sysfs", GuestSysfs.path])
      #expect(outcome.status == 0)
      let lines = outcome.output.split(separator: "\n")
      #expect(lines.contains { $0.wholeMatch(of: /sched +on +can run +.+/) != nil })
      #expect(lines.contains { $0.wholeMatch(of: /exits +off +can run +.+/) != nil })
    }

    @Test func theLastFlagOfACollectorCounts() async throws {
      let flags = ["--no-collector.exits", "--collector.exits", "--collector.kmem", "--no-collector.kmem"]
      let outcome = try await Executable.run(
        Executable.wattprobe, ["collectors", "--path.sysfs", GuestSysfs.path] + flags)
      let lines = outcome.output.split(separator: "\n")
      #expect(lines.contains { $0.wholeMatch(of: /exits +on .+/) != nil })
      #expect(lines.contains { $0.wholeMatch(of: /kmem +off .+/) != nil })
    }
  }
}
