import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// What the program can still do once it faces the network.
  @Suite struct PrivilegeTests {
    @Test func noThreadKeepsACapability() async throws {
      let exporter = try await Exporter()
      #expect(try exporter.get().status == 200)
      let folder = "/proc/\(exporter.program.pid)/task"
      let threads = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(threads.count > 1)
      for thread in threads {
        for set in ["CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"] {
          #expect(ProcessTree.field(set, of: "\(folder)/\(thread)/status") == "0000000000000000", "\(thread) \(set)")
        }
        #expect(ProcessTree.field("NoNewPrivs", of: "\(folder)/\(thread)/status") == "1")
      }
    }

    /// As docs/operating.md warns.
    @Test func itRemainsTheUserThatStartedIt() async throws {
      let exporter = try await Exporter(["--no-bpf.statistics"])
      let user = geteuid()
      #expect(
        ProcessTree.field("Uid", of: "/proc/\(exporter.program.pid)/status")
          == Array(repeating: "\(user)", count: 4).joined(separator: "\t"))
    }

    @Test func theChildKeepsOneCapabilityAndNoDescriptors() async throws {
      let exporter = try await Exporter()
      let child = try #require(exporter.children.first)
      // CAP_SYS_ADMIN is bit 21; it sheds the others as it starts
      try await eventually("the child to shed its privileges") {
        ProcessTree.field("CapEff", of: "/proc/\(child)/status") == "0000000000200000" ? () : nil
      }
      try await eventually("the child to close what it inherited") {
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(child)/fd")
        // standard streams, its socket, and at times the switch
        return open.count <= 5 ? () : nil
      }
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
      // what remains is CAP_DAC_READ_SEARCH, for energy_uj
      #expect(ProcessTree.field("CapEff", of: "/proc/\(exporter.program.pid)/status") == "0000000000000004")
      #expect(try await exporter.stop().status == 0)
    }
  }
}
