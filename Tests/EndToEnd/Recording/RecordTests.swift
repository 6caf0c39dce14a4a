import Fixtures
import Foundation
import Glibc
import Testing

extension EndToEnd {
  @Suite struct RecordTests {
    @Test func recordsForItsTimeInSilence() async throws {
      let tree = try TemporaryTree()
      let path = tree.path("x.db")
      let outcome = try await Recorder.run(
        ["-o", path, "--duration", "2s", "--interval", "500ms"] + Recorder.few)
      #expect(outcome.status == 0)
      #expect(outcome.output + outcome.errors == "")
      #expect(try SQL.isWhole(path))
      // those that a busy machine has left out are told
      #expect(try SQL.integer("SELECT count(*) + sum(missed) FROM times", path) == 5)
      #expect(
        try SQL.integer("SELECT max(monotonic_ns) - min(monotonic_ns) >= 2000000000 - 500000000 FROM times", path) == 1)
      #expect(try SQL.integer("SELECT sum(elapsed_ns) = max(monotonic_ns) - min(monotonic_ns) FROM times", path) == 1)
      #expect(!FileManager.default.fileExists(atPath: path + "-wal"))
      let about = try SQL.python("print(json.dumps(dict(db.execute('SELECT key, value FROM about'))))", path)
      #expect(about.contains(#""interval_ns": "500000000""#))
      #expect(about.contains(#""collectors": "sched,syscalls""#))
    }

    /// A loop of a call that hardly anybody else makes.
    @Test func countsAreThoseOfTheCollectors() async throws {
      let tree = try TemporaryTree()
      let path = tree.path("x.db")
      let recorder = try Recorder.start(["-o", path, "--interval", "200ms"] + Recorder.few)
      try await Recorder.wait(for: 2, in: path, of: recorder)
      let before = try Self.switches()
      _ = try SQL.python("import os\nfor _ in range(50000): os.getpgrp()", path)
      let during = try Self.switches() - before
      recorder.signal(SIGINT)
      #expect(try await recorder.outcome().status == 0)
      let calls = try SQL.integer(
        "SELECT CAST(max(value) - min(value) * (min(time) = 1) AS INTEGER) FROM every_sample WHERE metric = 'wattprobe_syscalls_total' AND labels LIKE '%\"getpgrp\"%'",
        path)
      #expect((50_000...50_100).contains(calls))
      let switches = try SQL.integer(
        """
        SELECT CAST(sum(rise) AS INTEGER) FROM (SELECT max(value) - min(value) AS rise FROM every_sample
        WHERE metric = 'wattprobe_sched_context_switches_total' GROUP BY series)
        """, path)
      // it recorded for longer than both readings of the kernel's own counter lie apart
      #expect(switches >= during)
    }

    /// Context switches of the machine since it started.
    private static func switches() throws -> Int {
      let text = try String(contentsOfFile: "/proc/stat", encoding: .utf8)
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("ctxt ") })
      return try #require(Int(line.dropFirst(5)))
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func aSignalEndsItWithAllItSaw(_ signal: Int32) async throws {
      let tree = try TemporaryTree()
      let path = tree.path("x.db")
      // the last interval is not over by then
      let recorder = try Recorder.start(["-o", path, "--interval", "30s"] + Recorder.few)
      try await Recorder.wait(for: 1, in: path, of: recorder)
      recorder.signal(signal)
      let outcome = try await recorder.outcome()
      #expect(outcome.status == 0)
      #expect(outcome.errors == "")
      #expect(try SQL.integer("SELECT count(*) FROM times", path) == 2)
      #expect(try SQL.isWhole(path))
      #expect(try FileManager.default.contentsOfDirectory(atPath: tree.root) == ["x.db"])
    }

    /// What was there a moment before is there, and can be used.
    @Test func aKillTakesTheLastIntervalAtMost() async throws {
      let tree = try TemporaryTree()
      var random = Generator(seed: 3)
      for round in 0..<6 {
        let path = tree.path("\(round).db")
        let recorder = try Recorder.start(["-o", path, "--interval", "100ms"] + Recorder.few)
        try await Recorder.wait(for: 2 + Int(random.below(4)), in: path, of: recorder)
        let before = try SQL.integer("SELECT count(*) FROM times", path)
        try await Task.sleep(for: .milliseconds(Int(random.below(120))))
        recorder.signal(SIGKILL)
        #expect(try await recorder.outcome().status == -SIGKILL)
        #expect(try SQL.isWhole(path))
        #expect(try SQL.integer("SELECT count(*) FROM times", path) >= before)
        // a collection is there as a whole or not at all
        #expect(
          try SQL.integer("SELECT count(*) FROM times WHERE id NOT IN (SELECT time FROM samples)", path) == 0)
        for command in [["report", path], ["export", path, "--format", "csv", "-o", path + ".csv"]] {
          let outcome = try await Executable.run(Executable.wattprobe, command)
          #expect(outcome.status == 0, "\(outcome.errors)")
        }
      }
    }

    /// What could not be collected in time is a gap, and nothing is made up for it.
    @Test func aMachineThatIsTooBusyLeavesAGap() async throws {
      let tree = try TemporaryTree()
      let path = tree.path("x.db")
      let recorder = try Recorder.start(["-o", path, "--interval", "200ms"] + Recorder.few)
      try await Recorder.wait(for: 3, in: path, of: recorder)
      recorder.signal(SIGSTOP)
      try await Task.sleep(for: .milliseconds(1500))
      let before = try SQL.integer("SELECT count(*) FROM times", path)
      recorder.signal(SIGCONT)
      try await Recorder.wait(for: before + 2, in: path, of: recorder)
      recorder.signal(SIGINT)
      #expect(try await recorder.outcome().status == 0)
      #expect(try SQL.integer("SELECT missed > 0 AND gap = 'late' FROM times WHERE id = \(before + 1)", path) == 1)
      let report = try await Executable.run(Executable.wattprobe, ["report", path])
      #expect(report.output.contains("as the machine was too busy"))
    }

    @Test func aRecordingEndsAtItsSize() async throws {
      let tree = try TemporaryTree()
      let path = tree.path("x.db")
      let outcome = try await Recorder.run(
        ["-o", path, "--interval", "100ms", "--max-size", "300k"] + Recorder.few)
      #expect(outcome.status == 0)
      #expect(outcome.errors == "\(path): ended, as it has the size of --max-size\n")
      #expect(try SQL.isWhole(path))
      #expect(try SQL.integer("SELECT count(*) > 1 FROM times", path) == 1)
    }

    /// promtool finds as many samples as there are lines, and refuses none.
    @Test func openMetricsBecomesBlocksOfPrometheus() async throws {
      let promtool = try Executable.tool("/usr/bin/promtool", package: "prometheus")
      let tree = try TemporaryTree()
      let path = tree.path("x.om")
      let outcome = try await Recorder.run(
        ["-o", path, "--format", "openmetrics", "--job", "mine", "--duration", "3s"] + Recorder.all)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.errors == "")
      #expect(try FileManager.default.contentsOfDirectory(atPath: tree.root) == ["x.om"])
      let text = try String(contentsOfFile: path, encoding: .utf8)
      let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
      #expect(lines.allSatisfy { $0.contains(#"job="mine""#) && $0.contains("instance=\"") })
      let import_ = try await Executable.run(
        promtool, ["tsdb", "create-blocks-from", "openmetrics", path, tree.path("data")])
      #expect(import_.status == 0, "\(import_.output)\(import_.errors)")
      // BLOCK ULID, MIN TIME, MAX TIME, DURATION, NUM SAMPLES, …: blocks end at even hours
      let rows = import_.output.split(separator: "\n").dropFirst().map { $0.split(separator: " ") }
      let samples = rows.compactMap { row in row.count > 4 ? Int(row[4]) : nil }.reduce(0, +)
      #expect(samples == lines.count)
      #expect(samples > 1000)
    }

    @Test func csvHasWhatTheRecordingHas() async throws {
      let tree = try TemporaryTree()
      let path = tree.path("x.db")
      #expect(
        try await Recorder.run(["-o", path, "--duration", "1s", "--interval", "500ms"] + Recorder.all).status == 0)
      let csv = tree.path("x.csv")
      let export = try await Executable.run(
        Executable.wattprobe, ["export", path, "--format", "csv", "-o", csv])
      #expect(export.status == 0)
      #expect(export.output + export.errors == "")
      // every number that is no histogram, by time, name and labels
      let same = try SQL.python(
        #"""
        import csv, re
        from decimal import Decimal
        histograms = {name for name, in db.execute("SELECT name FROM families WHERE type = 'histogram'")}
        def labels(text):
            return frozenset((n, v.replace('\\"', '"').replace("\\\\", "\\"))
                             for n, v in re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', text) if v)
        expected = set()
        for ms, metric, own, value in db.execute("SELECT realtime_ms, metric, labels, value FROM every_sample"):
            if metric not in histograms:
                expected.add((ms, metric, labels(own), float(value)))
        import datetime
        found = set()
        for row in csv.DictReader(open(sys.argv[2], newline="")):
            moment = datetime.datetime.strptime(row["time"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)
            ms = round(moment.timestamp() * 1000)
            if row["le"] or re.sub("_(count|sum)$", "", row["metric"]) in histograms:
                continue
            own = frozenset((n, v) for n, v in row.items()
                            if v and n not in ("time", "elapsed_seconds", "gap", "metric", "le", "value"))
            found.add((ms, row["metric"], own, float(row["value"])))
        print(len(found) > 100, found == expected, sorted(found ^ expected, key=str)[:2])
        """#, path, [csv])
      #expect(same == "True True []")
    }

    @Test func csvIsRecordedDirectly() async throws {
      let tree = try TemporaryTree()
      let path = tree.path("x.csv")
      let outcome = try await Recorder.run(
        ["-o", path, "--format", "csv", "--duration", "1s", "--interval", "500ms"] + Recorder.few)
      #expect(outcome.status == 0)
      #expect(try FileManager.default.contentsOfDirectory(atPath: tree.root) == ["x.csv"])
      let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
      #expect(lines.first?.hasPrefix("time,elapsed_seconds,gap,metric,") == true)
      #expect(Set(lines.dropFirst().map { $0.prefix { $0 != "," } }).count >= 2)
    }
  }
}
