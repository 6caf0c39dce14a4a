import Foundation
import Glibc
import Testing

/// A sysfs with RAPL zones beside the machine's own devices.
struct SensorTree {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try FileManager.default.createSymbolicLink(atPath: folder.path + "/devices", withDestinationPath: "/sys/devices")
  }

  /// Sets the counter of a zone, in place: the file is open.
  func set(_ identifier: String, _ energy: Int) throws {
    let path = folder.path + "/class/powercap/\(identifier)/energy_uj"
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    // one write of one length, so that no reader sees half of it
    let text = "\(energy)"
    try file.write(contentsOf: Data((String(repeating: "0", count: 15 - text.count) + text + "\n").utf8))
    try file.close()
  }

  /// `energy` nil: reading the counter fails.
  func zone(_ identifier: String, _ name: String, energy: Int?) throws {
    let place = "class/powercap/\(identifier)"
    try folder.write("\(place)/name", name + "\n")
    try folder.write("\(place)/max_energy_range_uj", "262143328850\n")
    if let energy {
      try folder.write("\(place)/energy_uj", "\(energy)\n")
      try set(identifier, energy)
    } else {
      // reading a folder fails for root, too
      try FileManager.default.createDirectory(
        atPath: folder.path + "/\(place)/energy_uj", withIntermediateDirectories: false)
    }
  }
}

extension EndToEnd {
  @Suite struct EnergyTests {
    @Test func zonesAreShownAndOneThatFailsIsAbsent() async throws {
      let tree = try SensorTree()
      try tree.zone("intel-rapl:0", "package-0", energy: 1_000_000)
      try tree.zone("intel-rapl:0:0", "core", energy: nil)
      try tree.zone("intel-rapl:0:1", "dram", energy: 500_000)
      let exporter = try await Exporter(["--path.sysfs", tree.folder.path])
      try tree.zone("intel-rapl:0", "package-0", energy: 3_500_000)

      let joules = try await eventually("the joules to be counted") {
        let lines = try exporter.samples().filter { $0.hasPrefix("wattprobe_energy_joules_total{") }
        return lines.contains { $0.hasSuffix(" 2.5") } ? lines : nil
      }
      #expect(
        joules.sorted() == [
          #"wattprobe_energy_joules_total{source="rapl",package="0",zone="dram"} 0"#,
          #"wattprobe_energy_joules_total{source="rapl",package="0",zone="package-0"} 2.5"#,
        ])
      let samples = try exporter.samples()
      #expect(samples.contains(#"wattprobe_collector_up{collector="energy",reason=""} 1"#))
      let errors = samples.first {
        $0.hasPrefix(#"wattprobe_energy_source_errors_total{source="rapl",package="0",zone="core"}"#)
      }
      #expect(errors.map { !$0.hasSuffix(" 0") } == true)
    }

    @Test func noSensorIsSaidAndTheRestGoesOn() async throws {
      let tree = try SensorTree()
      let exporter = try await Exporter(["--path.sysfs", tree.folder.path])
      let samples = try exporter.samples()
      #expect(samples.contains(#"wattprobe_collector_up{collector="energy",reason="absent"} 0"#))
      #expect(samples.contains(#"wattprobe_collector_up{collector="sched",reason=""} 1"#))
      #expect(!samples.contains { $0.hasPrefix("wattprobe_energy_") || $0.hasPrefix("wattprobe_power_") })
      #expect(exporter.program.errors.contains("collector=energy"))
    }
  }
}
