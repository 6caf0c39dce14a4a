import Fixtures
import Foundation
import Glibc
import Host
import Testing

extension EndToEnd {
  /// What the program can still do once it faces the network.
  @Suite struct PrivilegeTests {
    @Test func noThreadKeepsACapability() async throws {
      let exporter = try await Exporter()
      #expect(try exporter.get().status == 200)
      #expect(try exporter.threads().count > 1)
      for thread in try exporter.threads() {
        for set in ["CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"] {
          #expect(ProcessTree.field(set, of: thread) == "0000000000000000", "\(thread) \(set)")
        }
        #expect(ProcessTree.field("NoNewPrivs", of: thread) == "1")
      }
    }

    @Test(arguments: [
      ([], "65534", "65534"), (["--user", "nobody"], "65534", "65534"), (["--user", "1234"], "1234", "1234"),
      (["--user", "1234:4321"], "1234", "4321"),
    ])
    func startedByRootItBecomesAnOrdinaryUser(arguments: [String], user: String, group: String) async throws {
      try #require(UserIdentity.find("wattprobe") == nil, "the default is nobody only where there is no wattprobe")
      let exporter = try await Exporter(arguments)
      #expect(try exporter.get().status == 200)
      for thread in try exporter.threads() {
        #expect(ProcessTree.field("Uid", of: thread) == Array(repeating: user, count: 4).joined(separator: "\t"))
        #expect(ProcessTree.field("Gid", of: thread) == Array(repeating: group, count: 4).joined(separator: "\t"))
        #expect(ProcessTree.field("Groups", of: thread) == "")
      }
    }

    /// The files of its own process are root's then.
    @Test func itStillKnowsItself() async throws {
      let exporter = try await Exporter()
      let scrape = Scrape(try exporter.get().body)
      for name in ["cpu_seconds_total", "resident_memory_bytes", "open_fds", "start_time_seconds"] {
        #expect(try #require(scrape.of("process_" + name).first).number > 0)
      }
      let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(exporter.program.pid)/fd").count
      #expect(abs(try #require(scrape.of("process_open_fds").first).number - Double(open)) <= 3)
    }

    @Test(arguments: ["root", "0"]) func itRemainsRootWhereItIsTold(name: String) async throws {
      let exporter = try await Exporter(["--user", name])
      #expect(ProcessTree.field("Uid", of: "/proc/\(exporter.program.pid)/status") == "0\t0\t0\t0")
      #expect(ProcessTree.field("CapPrm", of: "/proc/\(exporter.program.pid)/status") == "0000000000000000")
      #expect(exporter.program.errors.contains("it remains root"))
    }

    @Test func withoutTheRightToBecomeAnotherItSaysSo() async throws {
      let setpriv = try Executable.tool("/usr/bin/setpriv", package: "util-linux")
      let exporter = try await Exporter(through: [setpriv, "--bounding-set=-setuid"])
      #expect(ProcessTree.field("Uid", of: "/proc/\(exporter.program.pid)/status") == "0\t0\t0\t0")
      #expect(exporter.program.errors.contains("level=warning msg=\"it remains user 0\""))
      let outcome = try await Executable.run(
        setpriv, ["--bounding-set=-setuid", Executable.wattprobe, "--user", "nobody"])
      #expect(outcome.status == 1)
      #expect(outcome.error.contains("--user: it cannot become nobody (65534:65534): CAP_SETUID"))
    }

    @Test func anOrdinaryUserStaysWhoItIs() async throws {
      let setpriv = try Executable.tool("/usr/bin/setpriv", package: "util-linux")
      let unit =
        ["--reuid=1234", "--regid=1234", "--clear-groups"]
        + ["--inh-caps", "--ambient-caps", "--bounding-set"].map { $0 + "=-all,+bpf,+perfmon,+dac_read_search" }
      let outcome = try await Executable.run(setpriv, unit + [Executable.wattprobe, "--user", "nobody"])
      #expect(outcome.status == 1)
      #expect(outcome.error.contains("--user: started by user 1234, it cannot become nobody"))
      #expect(outcome.error.contains("start it as root, or leave --user out"))
      let exporter = try await Exporter(["--user", "1234"], through: [setpriv] + unit)
      #expect(ProcessTree.field("Uid", of: "/proc/\(exporter.program.pid)/status") == "1234\t1234\t1234\t1234")
    }

    @Test func aPortBelow1024CanBeHadAllTheSame() async throws {
      let exporter = try await Exporter(listening: ["--web.listen-address", "127.0.0.1:1021"])
      #expect(exporter.port == 1021)
      for thread in try exporter.threads() {
        #expect(ProcessTree.field("Uid", of: thread) == "65534\t65534\t65534\t65534")
        // CAP_NET_BIND_SERVICE is bit 10
        #expect(ProcessTree.field("CapPrm", of: thread) == "0000000000000400")
      }
    }

    /// A driver that hangs keeps its thread, and nobody waits for that: the thread becomes the user when it is back.
    @Test func aThreadThatIsStuckFollowsLater() async throws {
      let tree = try SensorTree()
      let library = try tree.copyLibrary()
      try tree.folder.write("libnvml.so.state", "delay init 9000\ngpu GPU-1 1000 1\n")
      let exporter = try await Exporter(["--path.sysfs", tree.path, "--energy.nvml-library", library])
      func users() throws -> Set<String?> {
        Set(try exporter.threads().map { ProcessTree.field("Uid", of: $0) })
      }
      let ordinary = "65534\t65534\t65534\t65534"
      #expect(try users() == [ordinary, "0\t0\t0\t0"], "the thread came back too early for this test")
      #expect(try exporter.get().status == 200)
      try await eventually("the thread to follow") { try users() == [ordinary] ? () : nil }
    }

    @Test func aUserWithTheCapabilitiesOfTheUnitCanRunIt() async throws {
      let setpriv = try Executable.tool("/usr/bin/setpriv", package: "util-linux")
      let unit = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../examples/systemd/wattprobe.service")
      let line = try String(contentsOf: unit, encoding: .utf8).split(separator: "\n").first {
        $0.hasPrefix("AmbientCapabilities=")
      }
      let names = try #require(line).dropFirst("AmbientCapabilities=".count).lowercased()
        .split(separator: " ").map { "+" + $0.dropFirst("cap_".count) }
      let capabilities = "=-all," + names.joined(separator: ",")
      let exporter = try await Exporter(
        through: [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups"]
          + ["--inh-caps", "--ambient-caps", "--bounding-set"].map { $0 + capabilities })
      let samples = try exporter.samples()
      for collector in ["sched", "cpu", "exits", "syscalls", "faults", "process"] {
        #expect(samples.contains(#"wattprobe_collector_up{collector="\#(collector)",reason=""} 1"#))
      }
      #expect(ProcessTree.field("CapPrm", of: "/proc/\(exporter.program.pid)/status") == "0000000000000000")
      let child = try #require(exporter.children.first)
      #expect(ProcessTree.field("CapPrm", of: "/proc/\(child)/status") == "0000004000200004")
      #expect(try await exporter.stop().status == 0)
    }
  }
}
