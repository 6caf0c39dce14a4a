import Fixtures
import Foundation
import Glibc
import Machine
import Testing

/// A sysfs with RAPL zones beside the machine's own devices.
struct SensorTree {
  let folder: TemporaryTree
  var path: String { folder.root }

  init() throws {
    folder = try TemporaryTree()
    try folder.link("devices", to: "/sys/devices")
  }

  func counter(_ identifier: String) -> String { folder.root + "/class/powercap/\(identifier)/energy_uj" }

  /// Sets the counter of a zone, in place: the file is open.
  func set(_ identifier: String, _ energy: Int) throws {
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: counter(identifier)))
    // one write of one length, so that no reader sees half of it
    let text = "\(energy)"
    try file.write(contentsOf: Data((String(repeating: "0", count: 19 - text.count) + text + "\n").utf8))
    try file.close()
  }

  /// `energy` nil: reading the counter fails. `range` is the highest reading.
  func zone(_ identifier: String, _ name: String, energy: Int?, range: Int = 262_143_328_850) throws {
    let place = "class/powercap/\(identifier)"
    try folder.write("\(place)/name", name + "\n")
    try folder.write("\(place)/max_energy_range_uj", "\(range)\n")
    if let energy {
      try folder.write("\(place)/energy_uj", "\(energy)\n")
      try set(identifier, energy)
    } else {
      // reading a folder fails for root, too
      try FileManager.default.createDirectory(
        atPath: folder.root + "/\(place)/energy_uj", withIntermediateDirectories: false)
    }
  }

  /// What stands in for NVIDIA's library; it reads what there is from `libnvml.so.state`.
  func copyLibrary() throws -> String {
    let library = path + "/libnvml.so"
    try FileManager.default.copyItem(
      at: URL(fileURLWithPath: Executable.wattprobe).deletingLastPathComponent()
        .appendingPathComponent("libnvmlstandin.so"), to: URL(fileURLWithPath: library))
    return library
  }
}

extension EndToEnd {
  @Suite struct EnergyTests {
    @Test func zonesAreShownAndOneThatFailsIsAbsent() async throws {
      let tree = try SensorTree()
      try tree.zone("intel-rapl:0", "package-0", energy: 1_000_000)
      try tree.zone("intel-rapl:0:0", "core", energy: nil)
      try tree.zone("intel-rapl:0:1", "dram", energy: 500_000)
      let exporter = try await Exporter(
        ["--path.sysfs", tree.path], moving: ["intel-rapl:0", "intel-rapl:0:1"].map(tree.counter))
      try tree.set("intel-rapl:0", 2_000_000)
      let zone = #"wattprobe_energy_joules_total{source="rapl",package="0",zone="package-0"}"#
      let before = try await eventually("the joules to be counted") {
        try exporter.value(zone).flatMap { $0 > 0.9 ? $0 : nil }
      }
      try tree.set("intel-rapl:0", 4_500_000)
      try await eventually("2.5 J more") {
        try exporter.value(zone).map { abs($0 - before - 2.5) < 1e-9 } == true ? () : nil
      }
      let shown = try exporter.samples().filter { $0.hasPrefix("wattprobe_energy_joules_total{") }
      #expect(shown.count == 2 && shown.allSatisfy { $0.contains(#"zone="dram""#) || $0.hasPrefix(zone) })
      let samples = try exporter.samples()
      #expect(samples.contains(#"wattprobe_collector_up{collector="energy",reason=""} 1"#))
      let errors = samples.first {
        $0.hasPrefix(#"wattprobe_energy_source_errors_total{source="rapl",package="0",zone="core"}"#)
      }
      #expect(errors.map { !$0.hasSuffix(" 0") } == true)
    }

    /// What is no number is no reading: the window stays open, and the next reading takes it up.
    @Test func sensorThatReturnsTextIsHeldAndCounted() async throws {
      let tree = try SensorTree()
      try tree.zone("intel-rapl:0", "package-0", energy: 1_000_000)
      let exporter = try await Exporter(["--path.sysfs", tree.path, "--energy.interval", "200ms"])
      let zone = #"{source="rapl",package="0",zone="package-0"}"#
      try tree.set("intel-rapl:0", 3_000_000)
      try await eventually("2 J") { try exporter.value("wattprobe_energy_joules_total" + zone) == 2 ? () : nil }
      try tree.folder.write("class/powercap/intel-rapl:0/energy_uj", "not supported\n")
      try await eventually("errors to be counted") {
        try exporter.value("wattprobe_energy_source_errors_total" + zone).map { $0 >= 2 } == true ? () : nil
      }
      #expect(try exporter.value("wattprobe_energy_joules_total" + zone) == 2)
      #expect(try exporter.value("wattprobe_power_watts" + zone) == nil)
      #expect(exporter.program.errors.contains("energy zone rapl 0/package-0"))
      #expect(exporter.program.errors.contains("energy_uj: expected"))
      try tree.set("intel-rapl:0", 9_000_000)
      try await eventually("8 J") { try exporter.value("wattprobe_energy_joules_total" + zone) == 8 ? () : nil }
      let attributed = Samples(try exporter.samples()).microjoules("energy_attributed_joules_total")
      #expect(attributed <= 8_000_000)
    }

    /// 2 J, then back to 1 J, which would be a turn of 262 kJ in a fifth of a second: a reset, from which it goes on.
    @Test func counterThatStepsBackIsHeldAndCounted() async throws {
      let tree = try SensorTree()
      try tree.zone("intel-rapl:0", "package-0", energy: 1_000_000_000)
      let exporter = try await Exporter(["--path.sysfs", tree.path, "--energy.interval", "200ms"])
      let zone = #"{source="rapl",package="0",zone="package-0"}"#
      try tree.set("intel-rapl:0", 1_002_000_000)
      try await eventually("2 J") { try exporter.value("wattprobe_energy_joules_total" + zone) == 2 ? () : nil }
      #expect(try exporter.value("wattprobe_energy_source_errors_total" + zone) == 0)
      try tree.set("intel-rapl:0", 1_000_000)
      try await eventually("the hold to be counted") {
        try exporter.value("wattprobe_energy_source_errors_total" + zone) == 1 ? () : nil
      }
      #expect(try exporter.value("wattprobe_energy_joules_total" + zone) == 2)
      #expect(exporter.program.errors.contains("held a reading of 1000000 µJ"))
      try tree.set("intel-rapl:0", 4_000_000)
      let samples = try await eventually("3 J more, and all of them attributed") {
        let samples = Samples(try exporter.samples())
        return samples.microjoules("energy_attributed_joules_total") == 5_000_000 ? samples : nil
      }
      #expect(samples.microjoules("energy_joules_total") == 5_000_000)
      #expect(try exporter.value("wattprobe_energy_source_errors_total" + zone) == 1)
    }

    @Test func noSensorIsSaidAndTheRestGoesOn() async throws {
      let tree = try SensorTree()
      let exporter = try await Exporter(["--path.sysfs", tree.path])
      let samples = try exporter.samples()
      #expect(samples.contains(#"wattprobe_collector_up{collector="energy",reason="absent"} 0"#))
      #expect(samples.contains(#"wattprobe_collector_up{collector="sched",reason=""} 1"#))
      #expect(!samples.contains { $0.hasPrefix("wattprobe_energy_") || $0.hasPrefix("wattprobe_power_") })
      #expect(exporter.program.errors.contains("collector=energy"))
    }

    /// As in a guest on Sapphire Rapids.
    @Test func sensorThatNeverCountsIsNamedAndNothingIsShownOfIt() async throws {
      let exporter = try await Exporter(["--energy.interval", "100ms", "--compat=kepler,scaphandre,node"])
      try await Task.sleep(for: .milliseconds(500))
      let samples = try exporter.samples()
      #expect(samples.contains(#"wattprobe_collector_up{collector="energy",reason="absent"} 0"#))
      let energy = samples.filter { $0.prefix { $0 != "{" && $0 != " " }.contains(/joules|watts|energy/) }
      #expect(energy == [])
      #expect(samples.contains { $0.hasPrefix("wattprobe_process_cpu_seconds_total{pid=\"other\"") })
      #expect(exporter.program.errors.contains("the counter of perf psys/psys does not move"))
      #expect(try exporter.get("/").body.contains("perf psys/psys does not move"))
      let listed = try await Executable.run(
        Executable.wattprobe,
        ["collectors", "--path.sysfs", GuestSysfs.path, "--energy.nvml-library", "libnvidia-ml-of-nobody.so"])
      let line = listed.output.split(separator: "\n").first { $0.hasPrefix("energy ") }
      #expect(line?.contains("cannot run  the counter of perf psys/psys does not move") == true, "\(listed.output)")
      #expect(line?.contains("no hypervisor counts it for its guests") == true)
    }

    /// The same beside a model: what is estimated is there, and is all there is.
    @Test func sensorThatNeverCountsHidesNoModel() async throws {
      let exporter = try await Exporter([
        "--energy.interval", "100ms", "--energy.model", "skylake", "--compat=scaphandre",
      ])
      let host = try await eventually("a window") {
        try exporter.samples().first { $0.hasPrefix("scaph_host_power_microwatts") }
      }
      #expect(host.hasPrefix(#"scaph_host_power_microwatts{source="model"} "#))
      let samples = try exporter.samples()
      #expect(samples.contains(#"wattprobe_collector_up{collector="energy",reason=""} 1"#))
      #expect(!samples.contains { $0.contains("psys") })
    }

    /// The example's coefficients, and the machine's own activity.
    @Test func modelEstimatesWhereItWasAskedTo() async throws {
      let tree = try SensorTree()
      let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../examples/energy/model.conf").path
      let load = try RunningProgram("/bin/sh", ["-c", "while :; do :; done"])
      let exporter = try await Exporter([
        "--path.sysfs", tree.path, "--energy.model", file, "--energy.interval", "200ms", "--energy.idle-watts",
        "9",
      ])
      let zone = #"{source="model",package="0",zone="package-0"}"#
      // 20 W at rest are 4 J in a fifth of a second.
      try await eventually("20 W") {
        try exporter.value("wattprobe_power_watts" + zone).map { $0 >= 20 } == true ? () : nil
      }
      let joules = try await eventually("10 J") {
        try exporter.value("wattprobe_energy_joules_total" + zone).flatMap { $0 > 10 ? $0 : nil }
      }
      #expect(joules < 100_000)
      // every joule and every watt says what it is
      let samples = try await eventually("all that is derived, of the load too") {
        let samples = try exporter.samples()
        let isLoadShown = samples.contains { $0.hasPrefix("wattprobe_process_energy_joules_total{pid=\"\(load.pid)\"") }
        let areAllShown = Self.derived.allSatisfy { family in samples.contains { $0.hasPrefix("\(family){") } }
        return isLoadShown && areAllShown ? samples : nil
      }
      for sample in samples where sample.prefix(while: { $0 != "{" }).contains(/joules|watts/) {
        #expect(sample.contains(#"source="model""#), "\(sample)")
      }
      #expect(samples.contains(#"wattprobe_collector_up{collector="energy",reason=""} 1"#))
      load.signal(SIGKILL)
    }

    /// Families of what is divided out of what zones measure.
    private static let derived = [
      "energy_attributed_joules_total", "energy_idle_watts", "process_energy_joules_total", "process_power_watts",
      "process_window_joules", "cgroup_energy_joules_total",
    ].map { "wattprobe_" + $0 }

    /// The model was asked for, but there is a sensor.
    @Test func whatWasMeasuredIsNotSaidToBeEstimated() async throws {
      let tree = try SensorTree()
      try tree.zone("intel-rapl:0", "package-0", energy: 1_000_000)
      let exporter = try await Exporter(
        [
          "--path.sysfs", tree.path, "--energy.model", "skylake", "--energy.interval", "200ms",
          "--energy.idle-watts", "1",
        ], moving: [tree.counter("intel-rapl:0")])
      var energy = 1_000_000
      let samples = try await eventually("all that is derived") {
        energy += 1_000_000
        try tree.set("intel-rapl:0", energy)
        let samples = try exporter.samples()
        return Self.derived.allSatisfy { family in samples.contains { $0.hasPrefix("\(family){") } } ? samples : nil
      }
      for sample in samples where Self.derived.contains(String(sample.prefix { $0 != "{" })) {
        #expect(!sample.contains("source="), "\(sample)")
      }
      #expect(samples.contains { $0.hasPrefix(#"wattprobe_energy_joules_total{source="model""#) })
    }

    @Test func presetOfTheProcessorIsChosen() async throws {
      let tree = try SensorTree()
      let procfs = try TemporaryTree()
      try procfs.write(
        "cpuinfo",
        "processor: 0\nvendor_id: GenuineIntel\ncpu family: 6\nmodel: 85\nmodel name: x\nstepping: 4\n\nprocessor: 1\n")
      try procfs.write("stat", "cpu 0 0 0 0\ncpu0 0 0 0 0\nctxt 0\nbtime 0\nprocesses 0\n")
      try procfs.write("net/dev", "a\nb\n")
      let exporter = try await Exporter([
        "--collector.disable-defaults", "--collector.energy", "--path.sysfs", tree.path, "--path.procfs",
        procfs.root, "--energy.model=auto", "--energy.interval=200ms",
      ])
      // skylake: 0.64 W for the one CPU that this procfs has, which is never busy.
      let watts = try await eventually("a window") {
        try exporter.value(#"wattprobe_power_watts{source="model",package="0",zone="package-0"}"#)
      }
      #expect(abs(watts - 0.64) < 0.001)
    }

    /// A process that hardly runs, and one that nobody has heard of.
    @Test func joulesOfAGPUGoToThoseWhoUsedIt() async throws {
      let tree = try SensorTree()
      let library = try tree.copyLibrary()
      try tree.folder.write("libnvml.so.state", "gpu GPU-1 1000 1\n")
      let load = try RunningProgram("/bin/sh", ["-c", "while :; do :; done"])
      let exporter = try await Exporter([
        "--path.sysfs", tree.path, "--energy.nvml-library", library, "--energy.interval", "200ms",
      ])
      func joules(_ family: String, _ labels: String) throws -> Double? {
        try exporter.samples().first { $0.hasPrefix("wattprobe_\(family){\(labels)") }
          .flatMap { $0.split(separator: " ").last.flatMap { Double($0) } }
      }
      // a joule that nobody used, after which it is believed
      try tree.folder.write("libnvml.so.state", "gpu GPU-1 2000 1\n")
      _ = try await eventually("its series") { try joules("process_energy_joules_total", "pid=\"\(load.pid)\"") }
      try await eventually("windows without any energy") {
        try joules("energy_idle_watts", "package=\"GPU-1\"") == 0 ? () : nil
      }
      try tree.folder.write(
        "libnvml.so.state", "gpu GPU-1 10000 1\nuse 0 \(load.pid) 5 75\nuse 0 4194999 6 25\n")
      try await eventually("its joules") {
        try joules("process_energy_joules_total", "pid=\"\(load.pid)\"") == 6 ? () : nil
      }
      #expect(try joules("process_energy_joules_total", "pid=\"other\"") == 2)
      #expect(try joules("energy_attributed_joules_total", "package=\"GPU-1\",to=\"processes\"") == 8)
      load.signal(SIGKILL)
    }

    /// The library is opened with all privileges, and used without any.
    @Test func gpusAreReadWithoutPrivileges() async throws {
      let tree = try SensorTree()
      let library = try tree.copyLibrary()
      try tree.folder.write("libnvml.so.state", "gpu GPU-1 1000 1\n")
      let exporter = try await Exporter(["--path.sysfs", tree.path, "--energy.nvml-library", library])
      try tree.folder.write("libnvml.so.state", "gpu GPU-1 3500 1\n")
      let zone = #"wattprobe_energy_joules_total{source="nvml",package="GPU-1",zone="gpu-0"}"#
      try await eventually("the GPU's joules") { try exporter.value(zone) == 2.5 ? () : nil }
      for thread in try exporter.threads() {
        for set in ["CapEff", "CapPrm", "CapBnd"] {
          #expect(ProcessTree.field(set, of: thread) == "0000000000000000", "\(thread) \(set)")
        }
        #expect(ProcessTree.field("Uid", of: thread) == "65534\t65534\t65534\t65534")
      }
      #expect(try await exporter.stop().status == 0)
    }
  }
}

extension Exporter {
  /// The value of the sample of this name and labels, nil where it is absent.
  fileprivate func value(_ series: String) throws -> Double? {
    try samples().first { $0.hasPrefix(series + " ") }.flatMap { Double($0.dropFirst(series.count + 1)) }
  }
}
