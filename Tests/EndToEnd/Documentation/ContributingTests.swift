import Fixtures
import Collecting
import Collectors
import Exposition
import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// Follows docs/contributing.md: what a reader types there is a collector that works.
  @Suite(.enabled(if: geteuid() == 0, "eBPF programs and mounts need root")) struct ContributingTests {
    private static let page = try? Document("docs/contributing.md")
    /// The page's collector.
    private static let name = "udp"
    private static let family = "wattprobe_udp_receive_failures_total"

    /// The files as they are once the page was followed: a block names its file, and the line that it comes after.
    private static func changes() throws -> [String: String] {
      var files: [String: String] = [:]
      for block in try #require(page).blocks where block.words.count > 1 && block.words[1].contains("/") {
        let path = String(block.words[1])
        guard block.words.count > 2 else {
          files[path] = block.text
          continue
        }
        try #require(block.words[2] == "after", "\(block.words)")
        let anchor = block.words[3...].joined(separator: " ")
        var lines = try Document(path).text.split(separator: "\n", omittingEmptySubsequences: false)
        let place = try #require(
          lines.firstIndex { $0.trimmingCharacters(in: .whitespaces) == anchor }, "\(path): \(anchor)")
        lines.insert(contentsOf: block.text.dropLast().split(separator: "\n"), at: place + 1)
        files[path] = lines.joined(separator: "\n")
      }
      return files
    }

    /// Builds the tree with these changes laid over it, at the same place, so that what was built before counts; the tree
    /// itself stays as it is. Returns the executable.
    private static func build(_ changes: [String: String], in folder: TemporaryTree) async throws -> String {
      for (path, text) in changes { try folder.write("changes/\(path)", text) }
      let script = """
        set -eu
        cd "$1"
        swift=$(command -v swift) || { echo "swift is not on PATH" >&2; exit 1; }
        mkdir over
        mount -t tmpfs tmpfs over
        mkdir over/upper over/work
        mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/over/upper,workdir=$1/over/work" "$2"
        cd "$2"
        cp -r "$1/changes/." .
        swift format lint -s $(cd "$1/changes" && find Sources -name "*.swift")
        clang-format --dry-run -Werror $(cd "$1/changes" && find bpf -name "*.c")
        swift build --product wattprobe
        cp "$(swift build --show-bin-path)/wattprobe" "$1/wattprobe"
        """
      let unshare = try Executable.tool("/usr/bin/unshare", package: "util-linux")
      let program = try RunningProgram(
        unshare, ["-m", "/bin/bash", "-c", script, "bash", folder.root, Document.root.path])
      try await eventually("the build", within: 600) { program.isRunning ? nil : () }
      let outcome = try await program.outcome()
      try #require(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
      return folder.root + "/wattprobe"
    }

    @Test func theCollectorThatThePageAddsCountsWhatTheKernelCounts() async throws {
      let changes = try Self.changes()
      #expect(changes.count == 4, "a program, a Swift file, a line in the registry, a row: \(changes.keys)")
      let folder = try TemporaryTree()
      let executable = try await Self.build(changes, in: folder)

      let list = try await Executable.run(executable, ["collectors"])
      #expect(list.output.contains(try Regex("(?m)^\(Self.name) +on +can run ")), "\(list.output)")
      let reference = try await Executable.run(executable, ["collectors", "--markdown"])
      #expect(reference.output.contains("## \(Self.name)\n"))
      #expect(reference.output.contains("| `\(Self.family)` | counter | cause |"))

      let exporter = try await Exporter(
        ["--no-bpf.statistics"], through: ["/bin/sh", "-c", "exec \(executable) \"$@\""])
      func shown() throws -> Int {
        let samples = Scrape(try exporter.get().body)
        #expect(samples.of("wattprobe_collector_up", ["collector": Self.name]).map(\.value) == ["1"])
        return Int(try #require(samples.of(Self.family, ["cause": "buffer"]).first).number)
      }
      let python = try Executable.tool("/usr/bin/python3", package: "python3")
      let load = try #require(Self.page?.blocks.first { $0.words == ["python", "load"] })
      let outer = try Self.kernelsCount()
      let before = try shown()
      let inner = try Self.kernelsCount()
      #expect(try await Executable.run(python, ["-c", load.text]).status == 0)
      let lost = try Self.kernelsCount() - inner
      let counted = try shown() - before
      let most = try Self.kernelsCount() - outer
      // of a thousand datagrams a few fit in
      #expect(lost > 900)
      #expect(counted >= lost && counted <= most, "\(lost) <= \(counted) <= \(most)")
    }

    @Test func theRowOfThePageShowsItsFamily() throws {
      let text = try #require(try Self.changes()["dashboards/overview.json"])
      let dashboard = try JSONDecoder().decode(Dashboard.self, from: Data(text.utf8))
      #expect(dashboard.rows.contains { $0.title.hasPrefix("\(Self.name) — ") })
      #expect(dashboard.expressions.flatMap(Dashboard.metrics).contains(Self.family))
      #expect(Set(dashboard.panels.map(\.id)).count == dashboard.panels.count)
    }

    /// It would no longer be an example.
    @Test func theCollectorOfThePageIsNotThereYet() {
      #expect(!Registry.collectors.map(\.name).contains(Self.name))
    }

    /// Datagrams that found the buffer of their socket full.
    private static func kernelsCount() throws -> Int {
      let lines = try String(contentsOfFile: "/proc/net/snmp", encoding: .utf8).split(separator: "\n")
        .filter { $0.hasPrefix("Udp: ") }.map { $0.split(separator: " ") }
      let column = try #require(lines.first?.firstIndex(of: "RcvbufErrors"))
      return try #require(Int(lines[1][column]))
    }
  }
}
