import Fixtures
import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// The child that keeps privileges, as the program uses it.
  @Suite struct HelperProcessTests {
    @Test func itIsAsOrdinaryAsTheProgram() async throws {
      let exporter = try await Exporter()
      let helper = try #require(exporter.children.first)
      let worker = try await eventually("the one that serves") { ProcessTree.children(of: helper).first }
      for process in [helper, worker] {
        let status = "/proc/\(process)/status"
        #expect(ProcessTree.field("Uid", of: status) == "65534\t65534\t65534\t65534")
        #expect(ProcessTree.field("CapPrm", of: status) == "0000004000200004")
        #expect(ProcessTree.field("CapBnd", of: status) == "0000000000000000")
        #expect(ProcessTree.field("Seccomp", of: status) == "2")
      }
    }

    /// The kernel tells of programs and maps only with a capability that the exporter has given up.
    @Test func programsOfTheMachineAreToldByTheHelper() async throws {
      let exporter = try await Exporter(["--collector.disable-defaults", "--collector.signals", "--collector.bpf"])
      let scrape = Scrape(try exporter.get().body)
      let own = scrape.of("wattprobe_bpf_loaded_program_bytes").filter { $0.labels["name"] == "signal_generate" }
      #expect(own.contains { $0.number > 0 })
      #expect(scrape.of("wattprobe_bpf_loaded_maps_bytes").contains { $0.labels["type"] == "array" && $0.number > 0 })
      // nothing is asked for at the start alone
      let failing = #"wattprobe_collector_up{collector="bpf",reason=""} 1"#
      for _ in 0..<24 {
        #expect(try exporter.samples().contains(failing))
        try await Task.sleep(for: .milliseconds(500))
      }
      let helper = try #require(exporter.children.first)
      let worker = try #require(ProcessTree.children(of: helper).first)
      #expect(ProcessTree.field("CapPrm", of: "/proc/\(worker)/status") == "0000000000200000")
    }

    /// An `energy_uj` is root's alone, and the exporter is not root any more.
    @Test(arguments: [false, true]) func aSensorThatReturnsIsOpenedByTheHelper(hasHelper: Bool) async throws {
      let tree = try SensorTree()
      try tree.zone("intel-rapl:0", "package-0", energy: 1_000_000)
      let counter = tree.counter("intel-rapl:0")
      chmod(counter, 0o400)
      let exporter = try await Exporter(
        ["--path.sysfs", tree.path, "--energy.interval", "200ms"], moving: [counter])
      if !hasHelper {
        for child in exporter.children { kill(child, SIGKILL) }
        try await eventually("its end to be told") {
          exporter.program.errors.contains("the privileged helper is gone") ? () : nil
        }
      }
      // What is no number is a failed reading, after which the file is opened anew.
      try tree.folder.write("class/powercap/intel-rapl:0/energy_uj", "gone\n")
      try await eventually("readings to fail") {
        exporter.program.errors.contains("energy_uj: expected a number") ? () : nil
      }
      try tree.set("intel-rapl:0", 5_000_000)
      func joules() throws -> Double? {
        Scrape(try exporter.get().body).of("wattprobe_energy_joules_total").first?.number
      }
      if hasHelper {
        try await eventually("4 J") { try joules().map { abs($0 - 4) < 0.5 } == true ? () : nil }
      } else {
        try await eventually("the zone to be absent") { try joules() == nil ? () : nil }
        #expect(exporter.program.errors.contains("Permission denied"))
      }
    }

    @Test func theOneThatServesIsReplacedAndStatisticsGoOn() async throws {
      let exporter = try await Exporter()
      let helper = try #require(exporter.children.first)
      let first = try await eventually("the one that serves") { ProcessTree.children(of: helper).first }
      kill(first, SIGKILL)
      try await eventually("another") { ProcessTree.children(of: helper).contains { $0 != first } ? () : nil }
      func runs() throws -> Double {
        Scrape(try exporter.get().body).of("wattprobe_bpf_program_runs_total").reduce(0) { $0 + $1.number }
      }
      let before = try runs()
      // statistics are on for one second in ten
      try await eventually("statistics to go on") { try runs() > before ? () : nil }
      #expect(exporter.children == [helper])
      #expect(!exporter.program.errors.contains("helper is gone"))
    }

    @Test func withoutItStatisticsAreAbsentAndTheLogSaysSoOnce() async throws {
      let exporter = try await Exporter()
      let helper = try #require(exporter.children.first)
      let worker = try await eventually("the one that serves") { ProcessTree.children(of: helper).first }
      kill(helper, SIGKILL)
      try await eventually("both to end") {
        ProcessTree.exists(worker) || FileManager.default.fileExists(atPath: "/proc/\(helper)") ? nil : ()
      }
      try await eventually("statistics to go absent") {
        try exporter.samples().contains { $0.hasPrefix("wattprobe_bpf_program_run") } ? nil : ()
      }
      let lines = exporter.program.errors.split(separator: "\n").filter { $0.contains("cure=\"restart wattprobe\"") }
      #expect(lines.count == 1 && lines.allSatisfy { $0.contains("the privileged helper is gone") }, "\(lines)")
      #expect(try exporter.get().status == 200)
      #expect(try await exporter.stop().status == 0)
    }
  }
}
