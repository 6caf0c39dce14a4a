import Fixtures
import Foundation
import Glibc
import Testing

extension EndToEnd {
  @Suite struct ReportCommandTests {
    /// A recording of a machine with something to do, among it a process of a name that is no name.
    private static func record(in tree: TemporaryTree, seconds: Int = 6) async throws -> String {
      let path = tree.path("x.db")
      let load = try RunningProgram(
        try Executable.tool("/usr/bin/python3", package: "python3"),
        [
          "-c",
          """
          import os, time
          open("/proc/self/comm", "w").write("<script>x")
          while True:
              end = time.monotonic() + 0.2
              while time.monotonic() < end:
                  os.getppid()
              time.sleep(0.1)
          """,
        ])
      defer { load.signal(SIGKILL) }
      let outcome = try await Recorder.run(
        ["-o", path, "--duration", "\(seconds)s"] + Recorder.all + ["--energy.idle-watts", "1"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      return path
    }

    /// Every figure is what SQL and Python find in the recording, exactly where it is a sum.
    @Test func figuresAreThoseOfTheRecording() async throws {
      let tree = try TemporaryTree()
      let path = try await Self.record(in: tree)
      let json = tree.path("x.json")
      let report = try await Executable.run(Executable.wattprobe, ["report", path, "--json", "-o", json])
      #expect(report.status == 0)
      #expect(report.output + report.errors == "")
      let differences = try SQL.python(Self.check, path, [json])
      #expect(differences.split(separator: "\n").last == "checked")
      #expect(differences == "checked")
    }

    /// Sums of rises by labels, from stored rows alone; then what the report has.
    private static let check = #"""
      import re
      from collections import defaultdict
      from decimal import Decimal
      figures = json.load(open(sys.argv[2]), parse_float=Decimal, parse_int=Decimal)["recordings"][0]
      def labels(text):
          return {n: v.replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
                  for n, v in re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', text)}
      def rises(family):
          "For each series its labels and, by time, by how much it rose."
          for series, own, digits in db.execute(
                  "SELECT series.id, labels, digits FROM series JOIN families ON families.id = family WHERE name = ?",
                  ("wattprobe_" + family,)):
              last, steps = None, {}
              for time, value in db.execute("SELECT time, value FROM samples WHERE series = ? ORDER BY time", (series,)):
                  if value is None:
                      continue
                  value = Decimal(value).scaleb(-digits)
                  start = value if time == 1 else Decimal(0)
                  steps[time] = value - (start if last is None else last if last <= value else 0)
                  last = value
              yield labels(own), steps
      def total(family, **wanted):
          return sum(sum(steps.values()) for own, steps in rises(family)
                     if all(own.get(n) == v for n, v in wanted.items()))
      def same(what, found, expected):
          if found != expected:
              print(what, found, expected)
      def near(what, found, expected):
          if abs(float(found) - float(expected)) > 1e-9 * max(1, abs(float(expected))):
              print(what, found, expected)

      ms = [row[0] for row in db.execute("SELECT realtime_ms FROM times ORDER BY id")]
      elapsed = dict(db.execute("SELECT id, elapsed_ns FROM times"))
      gaps = {row[0] for row in db.execute("SELECT id FROM times WHERE suspended_ns > 0 OR missed > 0")}
      same("collections", figures["collections"], len(ms))
      same("began", figures["began_ms"], ms[0])
      same("elapsed", figures["elapsed_seconds"], Decimal(sum(elapsed.values())).scaleb(-9))
      # a bin for each collection but the first, in so short a recording
      same("bins", len(figures["bins"]), len(ms) - 1)

      def curves(chart, family, names):
          for curve in chart["curves"]:
              wanted = names(curve["name"])
              if wanted is None:
                  continue
              same((family, curve["name"]), curve["total"], total(family, **wanted))
              for bin, rate in enumerate(curve["rates"]):
                  time = bin + 2
                  rise = sum(steps.get(time, 0) for own, steps in rises(family)
                             if all(own.get(n) == v for n, v in wanted.items()))
                  if time in gaps:
                      same((family, curve["name"], time), rate, None)
                  else:
                      near((family, curve["name"], time), rate, rise / Decimal(elapsed[time]).scaleb(-9))
      def zone(name):
          source, package, place = name.split(" ")
          return {"source": source, "package": package, "zone": place}
      curves(figures["zones"], "energy_joules", zone)
      curves(figures["divided"], "energy_attributed_joules", lambda name: {"to": name})
      label = {"syscalls": "category", "cpu_seconds": "mode", "sched_context_switches": "kind"}
      charts = {chart["id"]: chart for chart in figures["rates"]}
      for family, name in label.items():
          curves(charts[family], family, lambda value: None if value == "all others" else {name: value})
      everything = sum(curve["total"] for curve in charts["syscalls"]["curves"])
      same("syscalls", everything, total("syscalls"))

      for division in figures["divisions"]:
          own = {} if division["package"] is None else {"package": division["package"]}
          for to in ["processes", "kernel", "idle", "unattributed"]:
              same(("division", to), division[to + "_joules"], total("energy_attributed_joules", to=to, **own))
          same("measured", division["measured_joules"], total("energy_attributed_joules", **own))
      same("zones", figures["divisions"][0]["measured_joules"], total("energy_joules", zone="package-0"))

      joules, seconds = defaultdict(Decimal), defaultdict(Decimal)
      for family, sums in [("process_energy_joules", joules), ("process_cpu_seconds", seconds)]:
          for own, steps in rises(family):
              sums[own["pid"], own.get("comm", ""), own.get("cgroup", "")] += sum(steps.values())
      for key in seconds:
          joules[key] += 0
      processes = figures["processes"]
      ranked = sorted((value for key, value in joules.items() if key[0] != "other"), reverse=True)
      same("top", [process["joules"] for process in processes["top"]], ranked[:10])
      for process in processes["top"]:
          key = process["pid"], process["comm"], process["cgroup"]
          same(key, process["joules"], joules[key])
          same(key, process["cpu_seconds"], seconds[key])
      same("rest", processes["rest"]["joules"], sum(ranked[10:]))
      same("other", processes["other"]["joules"], sum(value for key, value in joules.items() if key[0] == "other"))
      own = sum(process["joules"] for process in processes["top"] + [processes["rest"], processes["other"]])
      same("processes", own, figures["divisions"][0]["processes_joules"])
      if not any(process["comm"] == "<script>x" for process in processes["top"]):
          print("the load is not among the top")

      def slots(family, **wanted):
          "What a histogram counted between the first and the last collection, and its sum in nanoseconds."
          counts, nanoseconds = defaultdict(int), 0
          for series, own in db.execute(
                  "SELECT series.id, labels FROM series JOIN families ON families.id = family WHERE name = ?",
                  ("wattprobe_" + family,)):
              if any(labels(own).get(n) != v for n, v in wanted.items()):
                  continue
              rows = [(time, json.loads(value)) for time, value in db.execute(
                  "SELECT time, value FROM samples WHERE series = ? AND value IS NOT NULL ORDER BY time", (series,))]
              for time, value in rows[-1:] + ([rows[0]] if rows and rows[0][0] == 1 else []):
                  sign = 1 if value is rows[-1][1] else -1
                  if len(rows) == 1 and rows[0][0] == 1:
                      break
                  nanoseconds += sign * value[0]
                  for place, count in enumerate(value[2:]):
                      counts[value[1] + place] += sign * count
          return counts, nanoseconds
      def distribution(what, found, family, **wanted):
          counts, nanoseconds = slots(family, **wanted)
          same((what, "count"), found["count"], sum(counts.values()))
          same((what, "slots"), {i: n for i, n in enumerate(found["slots"]) if n},
               {i: n for i, n in counts.items() if n})
          near((what, "sum"), found["sum"], nanoseconds / 1e9)
          if found["count"]:
              for share, name in [(0.5, "p50"), (0.9, "p90"), (0.99, "p99")]:
                  below = 0
                  for slot in range(64):
                      below += counts[slot]
                      if below >= share * float(found["count"]):
                          break
                  lower = 0 if slot == 0 else 2.0 ** (slot - 31)
                  if not lower <= float(found[name]) <= 2.0 ** (slot - 30):
                      print(what, name, found[name], slot)
      if len(figures["latencies"]) < 3:
          print("few latencies")
      for latency in figures["latencies"]:
          distribution(latency["id"], latency["distribution"], latency["id"])
          if not gaps:
              same((latency["id"], "bins"), [sum(column) for column in zip(*latency["bins"])],
                   latency["distribution"]["slots"])

      load = figures["load_tracking"]
      for estimate in load["estimates"]:
          own = {"class": estimate["class"], "signal": estimate["signal"]}
          same(own, estimate["estimated_seconds"], total("load_tracking_estimated_seconds", **own))
          same(own, estimate["actual_seconds"], total("load_tracking_actual_seconds", **own))
          if estimate["actual_seconds"]:
              near(own, estimate["error"],
                   (estimate["estimated_seconds"] - estimate["actual_seconds"]) / estimate["actual_seconds"])
          for direction in ["over", "under"]:
              distribution((own, direction), estimate[direction], "load_tracking_error_ratio", direction=direction, **own)
          same((own, "windows"), estimate["windows"], estimate["over"]["count"] + estimate["under"]["count"])
      if sum(estimate["windows"] for estimate in load["estimates"]) < 1:
          print("no windows")
      for steps in load["steps"]:
          own = {"class": steps["class"], "step": steps["step"]}
          distribution(own, steps["convergence"], "load_tracking_convergence_seconds", **own)
          same(own, steps["unconverged"], total("load_tracking_unconverged", **own))
          same(own, steps["count"], steps["convergence"]["count"] + steps["unconverged"])
      print("checked")
      """#

    @Test func thePageShowsNamesAsText() async throws {
      let tree = try TemporaryTree()
      let path = try await Self.record(in: tree, seconds: 4)
      let page = tree.path("x.html")
      let report = try await Executable.run(Executable.wattprobe, ["report", path, path, "-o", page])
      #expect(report.status == 0)
      #expect(report.output + report.errors == "")
      let html = try String(contentsOfFile: page, encoding: .utf8)
      #expect(html.contains("<bdi>&lt;script&gt;x</bdi>"))
      #expect(!html.contains("<script"))
      #expect(html.contains("The sum is what was measured, to the microjoule."))
      #expect(html.contains("Comparison of 2 recordings"))
      // well-formed to Python's parser, and every plot that there is something for is there
      let check = """
        import html.parser
        class Parser(html.parser.HTMLParser):
            open, plots = [], 0
            def handle_starttag(self, tag, attributes):
                self.plots += tag == "svg"
                if tag != "meta": self.open.append(tag)
            def handle_startendtag(self, tag, attributes): pass
            def handle_endtag(self, tag):
                if self.open.pop() != tag: print("closes something else:", tag, self.getpos())
        parser = Parser()
        parser.feed(open(sys.argv[2]).read())
        print(parser.open, parser.plots > 20)
        """
      #expect(try SQL.python(check, path, [page]) == "[] True")
      let again = try await Executable.run(Executable.wattprobe, ["report", path, "-o", page])
      #expect(again.status == 1)
      #expect(again.error.contains("\(page) exists"))
    }

    @Test func aSummaryIsPrinted() async throws {
      let tree = try TemporaryTree()
      let path = try await Self.record(in: tree, seconds: 3)
      let one = try await Executable.run(Executable.wattprobe, ["report", path])
      #expect(one.status == 0)
      for words in [
        "x.db: 4 collections", "Energy, an estimate of the model", "Processes that used most", "<script>x (",
        "Context switches", "Waiting in a run queue", "Is I/O-bound load overestimated",
      ] { #expect(one.output.contains(words), "\(words)") }
      let two = try await Executable.run(Executable.wattprobe, ["report", path, path])
      #expect(two.output.contains("Comparison: \(path) | \(path)"))
    }

    /// As an older or newer version may have left it: other families, nothing about itself.
    @Test func aRecordingOfAnotherVersionOpens() async throws {
      let tree = try TemporaryTree()
      let path = try await Self.record(in: tree, seconds: 2)
      try SQL.change(
        path,
        """
        DELETE FROM about;
        DELETE FROM samples WHERE series IN (SELECT series.id FROM series JOIN families ON families.id = family WHERE name LIKE '%energy%');
        DELETE FROM series WHERE family IN (SELECT id FROM families WHERE name LIKE '%energy%');
        DELETE FROM families WHERE name LIKE '%energy%';
        UPDATE families SET name = name || '_of_old' WHERE name LIKE '%syscall%';
        INSERT INTO families VALUES (9999, 'wattprobe_strange', 'gaugehistogram', NULL, 'Strange.');
        INSERT INTO series VALUES (99999, 9999, '', 0, NULL, NULL, NULL);
        INSERT INTO samples VALUES (1, 99999, 'strange');
        """)
      let report = try await Executable.run(Executable.wattprobe, ["report", path])
      #expect(report.status == 0, "\(report.errors)")
      #expect(report.output.contains("Processes that used most"))
      #expect(report.output.contains("Not in it: what the collectors energy, syscalls have\n"))
      #expect(!report.output.contains("Energy"))
      try SQL.change(path, "PRAGMA user_version = 99")
      let newer = try await Executable.run(Executable.wattprobe, ["report", path])
      #expect(newer.status == 1)
      #expect(newer.error.contains("\(path) has schema 99"))
    }
  }
}
