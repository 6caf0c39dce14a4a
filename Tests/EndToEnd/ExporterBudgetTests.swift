import Glibc
import Testing

extension EndToEnd {
  /// The budget of the running program, whose sandbox and lost privileges leave it able to keep it.
  @Suite struct ExporterBudgetTests {
    @Test func whatCostsTooMuchIsShedAndSaysSo() async throws {
      let exporter = try await Exporter([
        "--budget.cpu", "0.001%", "--collector.disable-defaults", "--collector.sched", "--collector.syscalls",
      ])
      // each turn of the loop makes system calls
      let load = try RunningProgram("/bin/sh", ["-c", "while :; do /bin/true; done"])
      defer { load.signal(SIGKILL) }
      let down = #"wattprobe_collector_up{collector="syscalls",reason="budget"} 0"#
      let shed = try await eventually("syscalls to be shed", within: 120) {
        let samples = try exporter.samples()
        return samples.contains(down) ? samples : nil
      }
      #expect(shed.contains("wattprobe_overhead_level 1"))
      #expect(!shed.contains { $0.hasPrefix("wattprobe_syscall") })
      #expect(shed.contains { $0.hasPrefix("wattprobe_sched_context_switches_total") })
      #expect(shed.contains(#"wattprobe_collector_up{collector="sched",reason=""} 1"#))
      let program = #"wattprobe_bpf_program_attached{collector="syscalls",program="sys_exit",reason="budget"} 0"#
      #expect(shed.contains(program))
      let line = try #require(exporter.program.errors.split(separator: "\n").first { $0.contains("collector is shed") })
      for word in ["collector=syscalls", "cost=\"", "total=\"", "budget=\"0.00 %\"", "level=1", "cure=\""] {
        #expect(line.contains(word), "\(line)")
      }
      // switched off on purpose: nothing is wrong
      #expect(try !exporter.get("/-/ready").body.contains("without"))
      #expect(try await exporter.stop().status == 0)
    }

    @Test func withoutABudgetThereIsNoLevel() async throws {
      let exporter = try await Exporter(["--budget.cpu", "off"])
      let samples = try exporter.samples()
      #expect(!samples.contains { $0.hasPrefix("wattprobe_overhead_level") })
      #expect(samples.contains { $0.hasPrefix("wattprobe_bpf_program_attached{") })
      #expect(try await exporter.stop().status == 0)
    }
  }
}
