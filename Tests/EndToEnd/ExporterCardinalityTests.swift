import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// The bounds that docs/operating.md states.
  @Suite struct ExporterCardinalityTests {
    @Test func processesHaveAtMostThirteenSeriesEach() async throws {
      let limit = 3
      // more busy processes than may have series
      let load = try (0..<6).map { _ in try RunningProgram("/bin/sh", ["-c", "while :; do :; done"]) }
      let exporter = try await Exporter(["--process.limit", "\(limit)"])
      let samples = try await eventually("the processes to have series") {
        let samples = try exporter.samples().filter { $0.hasPrefix("wattprobe_process_") }
        return processes(samples).count == limit + 1 ? samples : nil
      }
      #expect(processes(samples).contains("other"))
      #expect(samples.count <= 13 * limit + 12)
      for process in load { process.signal(SIGKILL) }
    }

    @Test func everythingElseIsBoundByTheMachine() async throws {
      let exporter = try await Exporter(
        ["--collector.disable-defaults"] + ["sched", "cpu", "exits", "signals"].map { "--collector.\($0)" })
      let cpus = sysconf(Int32(_SC_NPROCESSORS_CONF))
      let samples = try exporter.samples()
      // a CPU's four modes, its frequency, and two for each of 16 idle states
      #expect(samples.count <= 410 + cpus * 37)
    }

    @Test func interruptsHaveAtMostSixteenSeriesEach() async throws {
      let exporter = try await Exporter(["--collector.disable-defaults", "--collector.irq"])
      let samples = try exporter.samples().filter { $0.contains("irq_") && !$0.contains("collector=") }
      let table = try String(contentsOfFile: "/proc/interrupts", encoding: .utf8)
      let interrupts = table.split(separator: "\n").count { $0.firstMatch(of: /^ *\d+:/) != nil }
      // ten software interrupts, and 64 device interrupts at most with all others
      #expect(samples.count <= 420 + 16 * (min(64, interrupts) + 1))
    }

    /// A scrape itself passes loopback.
    @Test func networkDevicesHaveAtMostTwentyNineSeriesEach() async throws {
      let exporter = try await Exporter(["--collector.disable-defaults", "--collector.net", "--net.devices", "1"])
      let samples = try await eventually("a device and the others to have series") {
        let samples = try exporter.samples().filter { $0.contains("{device=") }
        return samples.contains { !$0.contains(#"device="other""#) } ? samples : nil
      }
      #expect(samples.count <= 29 * 2)
      #expect(samples.count { $0.contains(#"device="other""#) } == 29)
    }

    @Test(arguments: [false, true])
    func systemCallsAreBoundByTheirTable(byCall: Bool) async throws {
      let exporter = try await Exporter(
        ["--collector.disable-defaults", "--collector.syscalls", "--syscalls.timing=all"]
          + (byCall ? ["--syscalls.histograms=syscall"] : []))
      let samples = try exporter.samples().filter { $0.hasPrefix("wattprobe_syscall") }
      func series(_ family: String) -> Int { samples.count { $0.hasPrefix("wattprobe_syscall\(family)") } }
      let calls = series("s_total")
      #expect(calls <= 386)
      #expect(series("_errors_total") <= 154)
      // a call that had begun before is counted, and not timed
      #expect(series("_seconds_total") > 0 && series("_seconds_total") <= calls)
      let durations = series("_duration_seconds")
      #expect(durations > 0 && durations % 32 == 0)
      #expect(durations <= 32 * (byCall ? calls : categories(samples)))
      #expect(samples.count == calls + series("_errors_total") + series("_seconds_total") + durations)
    }

    @Test func faultsHaveSixtyFourSeriesAtMost() async throws {
      let exporter = try await Exporter(["--collector.disable-defaults", "--collector.faults"])
      let samples = try exporter.samples().filter { $0.hasPrefix("wattprobe_page_fault") }
      #expect(samples.count == 4 || samples.count == 64)
    }

    private func categories(_ samples: [String]) -> Int {
      Set(samples.compactMap { $0.firstMatch(of: /category="([^"]+)"/).map { String($0.1) } }).count
    }

    @Test func kernelMemoryAndLoadTrackingAreBound() async throws {
      let arguments = [
        "--collector.disable-defaults", "--collector.kmem", "--kmem.sites", "3", "--collector.loadtracking",
      ]
      let exporter = try await Exporter(arguments)
      let samples = try await eventually("call sites to have names") {
        let samples = try exporter.samples()
        return samples.count { $0.contains("call_site=") } == 2 * 4 ? samples : nil
      }
      #expect(samples.count { $0.hasPrefix("wattprobe_kernel_") } <= 12 + 2 * 4)
      #expect(samples.count { $0.hasPrefix("wattprobe_load_tracking_") } <= 353)
    }

    private func processes(_ samples: [String]) -> Set<String> {
      Set(samples.compactMap { $0.firstMatch(of: /pid="([^"]+)"/).map { String($0.1) } })
    }

    /// A process without any privilege that calls itself by bytes that are no UTF-8, and by what those are shown as: every series
    /// has labels of its own, and it has two at most.
    @Test func namesOfAnyBytesAreSeriesOfTheirOwn() async throws {
      let python = try Executable.tool("/usr/bin/python3", package: "python3")
      let script = """
        import ctypes, time
        names = [b"x\\xf8", b"x\\xf9", "x\\ufffdf8".encode(), b"x\\xf8"]
        while True:
            for name in names:
                ctypes.CDLL(None).prctl(15, name, 0, 0, 0)
                end = time.monotonic() + 1.5
                while time.monotonic() < end: pass
        """
      let load = try RunningProgram(python, ["-c", script])
      let exporter = try await Exporter([
        "--collector.disable-defaults", "--collector.process", "--process.grace", "300s",
      ])
      let pid = ["pid": "\(load.pid)"]
      var seen: Set<String> = []
      try await eventually("three names, one after the other") {
        let scrape = Scrape(try exporter.get().body)
        let labels = scrape.samples.map { [$0.name: $0.labels] }
        #expect(Set(labels).count == labels.count, "two samples of one family with the same labels")
        let names = Set(scrape.of("wattprobe_process_cpu_seconds_total", pid).compactMap { $0.labels["comm"] })
        #expect(names.count <= 2, "\(names)")
        seen.formUnion(names)
        return seen.isSuperset(of: ["x\u{FFFD}f8", "x\u{FFFD}f9", "x\u{FFFD}+f8"]) ? () : nil
      }
      load.signal(SIGKILL)
    }

  }
}
