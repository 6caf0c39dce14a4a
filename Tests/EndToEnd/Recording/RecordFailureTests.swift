import Fixtures
import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// What cannot be recorded is told in one line, and nothing that is there is lost.
  @Suite struct RecordFailureTests {
    private static func expectRefusal(
      _ outcome: Outcome, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) {
      #expect(outcome.status == 1, sourceLocation: sourceLocation)
      #expect(outcome.output == "", sourceLocation: sourceLocation)
      #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
      for word in words {
        #expect(outcome.errors.contains(word), "\(outcome.errors)", sourceLocation: sourceLocation)
      }
    }

    private static func wattprobe(_ arguments: String...) async throws -> Outcome {
      try await Executable.run(Executable.wattprobe, arguments)
    }

    /// On a file system of half a megabyte, in a mount namespace of its own.
    @Test(arguments: ["sqlite", "openmetrics"])
    func aFullDiskEndsItAndKeepsWhatWasThere(_ format: String) async throws {
      let unshare = try Executable.tool("/usr/bin/unshare", package: "util-linux")
      let tree = try TemporaryTree()
      try tree.folder("disk")
      try tree.folder("kept")
      let script = """
        mount -t tmpfs -o size=512k none disk && "$0" "$@"; status=$?; cp disk/* kept/; exit $status
        """
      let arguments =
        ["-m", "--wd=\(tree.root)", "/bin/sh", "-c", script, Executable.wattprobe, "record", "-o", "disk/x"]
        + ["--interval", "100ms", "--format", format] + Recorder.all
      let outcome = try await Executable.run(unshare, arguments)
      let name = format == "sqlite" ? "x" : "x.recording"
      Self.expectRefusal(outcome, "no room is left for disk/\(name)", "are kept in disk/\(name)")
      let told = try #require(outcome.errors.firstMatch(of: /the (\d+) collections before it/))
      let kept = tree.path("kept/\(name)")
      #expect(try SQL.integer("SELECT count(*) FROM times", kept) == Int(told.1))
      #expect(try SQL.isWhole(kept))
      #expect(try await Self.wattprobe("report", kept).status == 0)
    }

    @Test func aFileThatIsThereIsLeftAlone() async throws {
      let tree = try TemporaryTree()
      let path = try tree.write("x", "mine")
      for format in ["sqlite", "csv"] {
        let outcome = try await Recorder.run(
          ["-o", path, "--duration", "1s", "--format", format] + Recorder.few)
        Self.expectRefusal(outcome, "\(path) exists", "--force")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
      }
      let forced = try await Recorder.run(
        ["-o", path, "--duration", "1s", "--force"] + Recorder.few)
      #expect(forced.status == 0)
      #expect(try SQL.integer("SELECT count(*) > 1 FROM times", path) == 1)
    }

    @Test(arguments: [[], ["--force"]]) func twoRecordersDoNotShareAFile(_ force: [String]) async throws {
      let tree = try TemporaryTree()
      let path = tree.path("x.db")
      let first = try Recorder.start(["-o", path, "--interval", "100ms"] + Recorder.few)
      try await Recorder.wait(for: 2, in: path, of: first)
      let second = try await Recorder.run(["-o", path, "--duration", "1s"] + force + Recorder.few)
      Self.expectRefusal(second, "\(path) is being recorded to by another wattprobe")
      let before = try SQL.integer("SELECT count(*) FROM times", path)
      try await Recorder.wait(for: before + 2, in: path, of: first)
      first.signal(SIGINT)
      #expect(try await first.outcome().status == 0)
      #expect(try SQL.isWhole(path))
    }

    @Test func whatIsNoFileIsRefused() async throws {
      let tree = try TemporaryTree()
      for path in ["/dev/null", tree.root, tree.path("none/x"), "/dev/fd/1"] {
        Self.expectRefusal(try await Recorder.run(["-o", path, "--duration", "1s"] + Recorder.few), path)
      }
    }

    @Test func withoutPrivilegesNothingIsLeft() async throws {
      let setpriv = try Executable.tool("/usr/bin/setpriv", package: "util-linux")
      let tree = try TemporaryTree()
      chmod(tree.root, 0o777)
      let path = tree.path("x.db")
      let outcome = try await Recorder.run(
        ["-o", path, "--log.level", "critical"] + Recorder.few, through: [setpriv] + Executable.nobody)
      Self.expectRefusal(outcome, "no collector could start", "sudo")
      #expect(try FileManager.default.contentsOfDirectory(atPath: tree.root).isEmpty)
    }

    @Test(arguments: [
      (["--interval", "1ms"], "--interval 1ms"), (["--duration", "1s", "--interval", "2s"], "--duration 1s"),
      (["--max-size", "big"], "\"big\" is no size"), (["--format", "parquet"], "parquet"), (["--job", ""], "--job"),
    ])
    func wrongOptionsAreRefused(_ options: [String], _ word: String) async throws {
      let outcome = try await Recorder.run(["-o", "/nonexistent/x"] + options)
      #expect(outcome.status == 1)
      #expect(outcome.error.contains(word), "\(outcome.errors)")
    }

    @Test func whatIsNoRecordingIsRefused() async throws {
      let tree = try TemporaryTree()
      let path = tree.path("x.db")
      #expect(try await Recorder.run(["-o", path, "--duration", "1s"] + Recorder.few).status == 0)
      let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      let half = try tree.write("half.db", bytes: Array(bytes.prefix(bytes.count / 2)))
      let text = try tree.write("text", "time,value\n1,2\n")
      for command in ["report", "export"] {
        Self.expectRefusal(try await Self.wattprobe(command, half), half, "is damaged", ".recover")
        Self.expectRefusal(try await Self.wattprobe(command, text), text, "is no recording", "wattprobe record")
        Self.expectRefusal(
          try await Self.wattprobe(command, tree.path("none")), tree.path("none"), "No such file or directory")
        let existing = try await Self.wattprobe(command, path, "-o", text)
        Self.expectRefusal(existing, "\(text) exists", "--force")
      }
      #expect(try String(contentsOfFile: text, encoding: .utf8).hasPrefix("time"))
    }

    @Test func aReaderThatGoesAwayIsTold() async throws {
      let tree = try TemporaryTree()
      let path = tree.path("x.db")
      #expect(try await Recorder.run(["-o", path, "--duration", "1s"] + Recorder.few).status == 0)
      let (status, output) = try await Executable.pipe(
        "", into: "{ '\(Executable.wattprobe)' export '\(path)' --format csv; echo \"status $?\" >&2; } | true #")
      #expect(status == 0)
      #expect(output.hasPrefix("Error: the reader of standard output is gone"))
      #expect(output.hasSuffix("status 1\n"))
    }

    /// Nothing half is left where the disk of an export is full.
    @Test func anExportToAFullDiskLeavesNothing() async throws {
      let unshare = try Executable.tool("/usr/bin/unshare", package: "util-linux")
      let tree = try TemporaryTree()
      let path = tree.path("x.db")
      #expect(try await Recorder.run(["-o", path, "--duration", "1s"] + Recorder.few).status == 0)
      try tree.folder("disk")
      let script =
        "mount -t tmpfs -o size=8k none disk && \"$0\" export x.db -o disk/x; status=$?; ls disk; exit $status"
      let outcome = try await Executable.run(
        unshare, ["-m", "--wd=\(tree.root)", "/bin/sh", "-c", script, Executable.wattprobe])
      Self.expectRefusal(outcome, "no room is left for disk/x")
    }
  }
}
