import Foundation
import Glibc
import Testing

extension EndToEnd {
  @Suite struct ExporterLifecycleTests {
    @Test(arguments: [SIGTERM, SIGINT])
    func aSignalEndsItWithNothingLeftBehind(_ signal: Int32) async throws {
      let exporter = try await Exporter()
      #expect(try exporter.get().status == 200)
      let children = exporter.children
      #expect(children.count == 1, "the privileged helper")
      #expect(programs(of: exporter.program.pid) > 0)

      let outcome = try await exporter.stop(signal)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.errors.hasSuffix("msg=stopped\n"))
      // the kernel detaches programs with the last descriptor: nobody has one any more
      for child in children {
        try await eventually("the child to end") { ProcessTree.exists(child) ? nil : () }
      }
    }

    @Test func theChildEndsWithAProgramThatIsKilled() async throws {
      let exporter = try await Exporter()
      let children = exporter.children
      #expect(children.count == 1)
      #expect(try await exporter.stop(SIGKILL).status == -SIGKILL)
      for child in children {
        try await eventually("the child to end") { ProcessTree.exists(child) ? nil : () }
      }
    }

    @Test func aHangupChangesNothing() async throws {
      let exporter = try await Exporter()
      let children = exporter.children
      for process in [exporter.program.pid] + children { kill(process, SIGHUP) }
      #expect(try exporter.get().status == 200)
      #expect(exporter.children == children)
      let outcome = try await exporter.stop()
      #expect(outcome.status == 0)
      #expect(outcome.errors.hasSuffix("msg=stopped\n"))
    }

    @Test func aScrapeInHandFinishes() async throws {
      let exporter = try await Exporter()
      let client = try HTTPClient(port: exporter.port)
      client.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
      try client.waitForFirstByte()
      exporter.program.signal(SIGTERM)
      let response = try client.receive()
      #expect(response.status == 200)
      let length = response.head.firstMatch(of: /(?i)content-length: (\d+)/).flatMap { Int($0.1) }
      #expect(length == response.body.utf8.count)
      #expect(try await exporter.program.outcome().status == 0)
    }

    @Test func aConnectionThatIdlesDoesNotKeepItFromEnding() async throws {
      let exporter = try await Exporter()
      let client = try HTTPClient(port: exporter.port)
      client.send("GET /metrics HT")
      #expect(try await exporter.stop().status == 0)
      withExtendedLifetime(client) {}
    }

    @Test func whereThereIsNothingToDoForItThereIsNoChild() async throws {
      let exporter = try await Exporter([
        "--no-bpf.statistics", "--no-collector.energy", "--no-collector.faults", "--no-collector.pmu",
      ])
      #expect(exporter.children.isEmpty)
      #expect(try !exporter.samples().contains { $0.hasPrefix("wattprobe_bpf_program_run") })
    }

    @Test func withoutStatisticsTheChildCannotSwitchThem() async throws {
      let exporter = try await Exporter(["--no-bpf.statistics"])
      let child = try #require(exporter.children.first)
      // CAP_DAC_READ_SEARCH and CAP_PERFMON
      #expect(ProcessTree.field("CapPrm", of: "/proc/\(child)/status") == "0000004000000004")
      #expect(try !exporter.samples().contains { $0.hasPrefix("wattprobe_bpf_program_run") })
    }

    /// Descriptors of eBPF programs that the process has open.
    private func programs(of pid: Int32) -> Int {
      let folder = "/proc/\(pid)/fd"
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      return names.count {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")) == "anon_inode:bpf-prog"
      }
    }
  }
}
