import Foundation
import Glibc
import Synchronization
import Testing

extension EndToEnd {
  /// The program by its own timer, as it is scraped.
  @Suite struct ExporterAttributionTests {
    @Test func whatIsMeasuredIsWhatIsAttributed() async throws {
      let tree = try SensorTree()
      try tree.zone("intel-rapl:0", "package-0", energy: 1_000_000)
      try tree.zone("intel-rapl:0:0", "core", energy: 1_000)
      try tree.zone("intel-rapl:0:1", "dram", energy: 262_143_328_000)
      let load = try RunningProgram("/bin/sh", ["-c", "while :; do :; done"])
      let exporter = try await Exporter(["--path.sysfs", tree.path, "--energy.idle-watts", "1.5"])
      var (energy, memory) = (1_000_000, 262_143_328_000)
      var seen = 0
      var attributed: [String: UInt64] = [:]
      for _ in 0..<40 {
        energy += 5_123_457
        // through its turn
        memory = (memory + 1_000_003) % 262_143_328_911
        try tree.set("intel-rapl:0", energy)
        try tree.set("intel-rapl:0:0", energy / 2)
        try tree.set("intel-rapl:0:1", memory)
        try await Task.sleep(for: .milliseconds(300))
        let lines = try exporter.samples()
        let samples = Samples(lines)
        let zones = ["package-0", "dram"].map { samples.microjoules("energy_joules_total", ["zone": $0]) }
        #expect(samples.microjoules("energy_attributed_joules_total") == zones.reduce(0, +))
        let processes = samples.microjoules("energy_attributed_joules_total", ["to": "processes"])
        #expect(samples.microjoules("process_energy_joules_total") == processes)
        #expect(samples.microjoules("cgroup_energy_joules_total") == processes)
        for sample in lines where sample.contains("_energy_") && sample.contains("joules_total") {
          let label = String(sample.prefix { $0 != " " })
          let value = Samples.microjoules(of: sample)
          #expect(value >= attributed[label] ?? 0, "\(label) fell")
          attributed[label] = value
        }
        if samples.has("process_power_watts", ["pid": "\(load.pid)"]) { seen += 1 }
        if seen > 5 { break }
      }
      #expect(seen > 5)
      let lines = try exporter.samples()
      #expect(lines.contains(#"wattprobe_energy_idle_watts{package="0"} 1.5"#))
      #expect(Samples(lines).microjoules("process_energy_joules_total", ["pid": "\(load.pid)"]) > 0)
      load.signal(SIGKILL)
    }

    @Test func withoutProcessesAndGroupsPackagesAreAttributedAllTheSame() async throws {
      let tree = try SensorTree()
      try tree.zone("intel-rapl:0", "package-0", energy: 1_000_000)
      let exporter = try await Exporter([
        "--path.sysfs", tree.path, "--collector.disable-defaults", "--collector.energy", "--energy.idle-watts",
        "0",
      ])
      try tree.set("intel-rapl:0", 9_000_000)
      let samples = try await eventually("the joules to be attributed") {
        let samples = Samples(try exporter.samples())
        return samples.microjoules("energy_attributed_joules_total") == 8_000_000 ? samples : nil
      }
      #expect(samples.microjoules("energy_attributed_joules_total", ["to": "processes"]) > 0)
      #expect(!samples.has("process_energy_joules_total") && !samples.has("cgroup_energy_joules_total"))
    }
  }
}
