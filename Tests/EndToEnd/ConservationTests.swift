import Machine
import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// As Prometheus has it: what went to processes, kernel threads, idle power and nobody is what was measured.
  @Suite(Replay()) struct ConservationTests {
    private static let limit = 5
    private static let processes = "wattprobe_process_energy_joules_total"
    private static let rest = #"wattprobe_energy_attributed_joules_total{to!="processes"}"#
    private static let attributed = "wattprobe_energy_attributed_joules_total"
    private static let measured = #"wattprobe_energy_joules_total{zone=~"package.*|dram"}"#

    /// A package at the end of its turn, and memory that turns in sixteen seconds: 123 and 500 W.
    private final class Machine {
      let tree: SensorTree
      private var package = 262_143_000_000
      private var memory = 7_950_000_000
      /// Microjoules since the start.
      private(set) var used = 0

      init() throws {
        tree = try SensorTree()
        try tree.zone("intel-rapl:0", "package-0", energy: package)
        try tree.zone("intel-rapl:0:0", "core", energy: package)
        try tree.zone("intel-rapl:0:1", "dram", energy: memory, range: 8_000_000_000)
      }

      func run(seconds: Double) throws {
        for _ in 0..<Int(seconds * 10) {
          package = (package + 12_345_678) % 262_143_328_911
          memory = (memory + 50_000_001) % 8_000_000_001
          used += 12_345_678 + 50_000_001
          try tree.set("intel-rapl:0", package)
          try tree.set("intel-rapl:0:0", package)
          try tree.set("intel-rapl:0:1", memory)
          usleep(100_000)
        }
      }
    }

    private static func busy() throws -> RunningProgram {
      try RunningProgram("/bin/sh", ["-c", "while :; do :; done"])
    }

    /// Processes come, push others out, end and go; those that live for milliseconds are in between. The sums are of decimals
    /// of six digits, below 100 kJ, in floating point: rounding is far below the half microjoule that is allowed.
    @Test func whatWasUsedIsWhatWasMeasured() async throws {
      let machine = try Machine()
      let exporter = try await Exporter([
        "--path.sysfs", machine.tree.path, "--energy.idle-watts", "40", "--process.limit", "\(Self.limit)",
        "--process.grace", "2s", "--cgroup.limit", "1", "--cgroup.grace", "2s",
      ])
      let prometheus = try await PrometheusServer(scraping: exporter.port, everySeconds: 2)
      let brief = try RunningProgram(
        "/bin/sh", ["-c", "while :; do /bin/true; n=0; while [ $n -lt 3000 ]; do n=$((n + 1)); done; done"])
      var loads: [RunningProgram] = []
      for turn in 0..<7 {
        let load = try Self.busy()
        loads.append(load)
        try machine.run(seconds: 3)
        if turn < 5 { load.signal(SIGKILL) }
      }

      // All have been there for so long now that each has samples throughout the range: rate() extrapolates alike for all.
      let balance = """
        sum(rate(\(Self.processes)[20s])) + sum(rate(\(Self.rest)[20s])) - sum(rate(\(Self.measured)[20s]))
        """
      try await eventually("the rates to agree", within: 120) {
        try machine.run(seconds: 0.5)
        return try prometheus.value(balance).map { abs($0) < 1e-6 } == true ? () : nil
      }
      let power = try #require(try prometheus.value("sum(rate(\(Self.measured)[20s]))"))
      #expect(power > 10)

      // By Prometheus alone: what another scraper has seen may be gone before the next scrape.
      try await eventually("Prometheus to have all") {
        let sums = [Self.measured, Self.attributed].map { "sum(\($0))" }
        return try sums.allSatisfy { sum in
          try prometheus.value(sum).map { abs($0 - Double(machine.used) / 1e6) < 5e-7 } == true
        } ? () : nil
      }
      // A series that is gone counts with its last sample. Where a window is shared out with the next one, the sums wait; and
      // what a scrape showed that Prometheus lost, no other shows once its series is gone.
      let ever = "last_over_time(\(Self.processes)[1h])"
      let differences = """
        (abs(sum(\(ever)) + sum(\(Self.rest)) - sum(\(Self.measured)))
          and abs(sum(\(Self.attributed)) - sum(\(Self.measured))) < 5e-7
          and min(min_over_time(up[1h])) == 1)[1h:1s]
        """
      #expect(try #require(try prometheus.value("max_over_time(\(differences))")) < 5e-7)
      #expect(try #require(try prometheus.value("count_over_time(\(differences))")) > 10)
      let gone = try #require(try prometheus.value("count(\(ever)) - count(\(Self.processes))"))
      #expect(gone > 0, "series came and went")
      #expect(try #require(try prometheus.value("sum(\(Self.processes))")) > 0)

      for load in loads.suffix(2) + [brief] { load.signal(SIGKILL) }
      try await prometheus.stop()
      #expect(try await exporter.stop().status == 0)
    }
  }
}
