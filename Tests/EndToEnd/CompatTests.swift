import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// Other exporters' names for energy: what their dashboards find is what the native families say.
  @Suite struct CompatTests {
    private static let container = String(repeating: "0123456789abcdef", count: 4)
    private static let names = ["kepler_", "scaph_", "node_rapl_"]

    /// A machine with a sensor, a process that runs, and another one that does in a container.
    private final class Machine {
      let tree: SensorTree
      let load: RunningProgram
      let contained: RunningProgram
      private let folder: String
      private var energy = 1_000_000

      init() throws {
        tree = try SensorTree()
        try tree.zone("intel-rapl:0", "package-0", energy: energy)
        try tree.zone("intel-rapl:0:0", "core", energy: energy)
        try tree.zone("intel-rapl:0:1", "dram", energy: energy)
        try tree.zone("intel-rapl-mmio:0", "package-0", energy: energy)
        load = try RunningProgram("/bin/sh", ["-c", "while :; do :; done"])
        contained = try RunningProgram("/bin/sh", ["-c", "while :; do :; done"])
        folder = try Self.mount() + "/docker-\(CompatTests.container).scope"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try "\(contained.pid)".write(toFile: folder + "/cgroup.procs", atomically: false, encoding: .utf8)
      }

      deinit {
        load.signal(SIGKILL)
        contained.signal(SIGKILL)
        // refused until the process is gone
        for _ in 0..<100 where rmdir(folder) != 0 { usleep(20_000) }
      }

      /// Where the control groups of version 2 are, or on hosts without them those of the CPU controller.
      private static func mount() throws -> String {
        let lines = try String(contentsOfFile: "/proc/mounts", encoding: .utf8).split(separator: "\n")
        let mounts = lines.map { $0.split(separator: " ") }
        let found =
          mounts.first { $0[2] == "cgroup2" && FileManager.default.fileExists(atPath: $0[1] + "/cgroup.procs") }
          ?? mounts.first { $0[2] == "cgroup" && $0[3].split(separator: ",").contains("cpu") }
        guard let found else { throw Executable.Missing(description: "no control groups are mounted") }
        return String(found[1])
      }

      /// The files of all counters.
      var counters: [String] {
        ["intel-rapl:0", "intel-rapl:0:0", "intel-rapl:0:1", "intel-rapl-mmio:0"].map(tree.counter)
      }

      /// Turns the counters.
      func advance() throws {
        energy += 3_456_789
        try tree.set("intel-rapl:0", energy)
        try tree.set("intel-rapl:0:0", energy / 2)
        try tree.set("intel-rapl:0:1", energy / 3)
        try tree.set("intel-rapl-mmio:0", energy)
      }
    }

    @Test(arguments: ["text/plain", "application/openmetrics-text; version=1.0.0"])
    func figuresAreTheNativeOnes(format: String) async throws {
      let machine = try Machine()
      let exporter = try await Exporter(
        [
          "--path.sysfs", machine.tree.path, "--compat=kepler,scaphandre,node", "--energy.idle-watts=1.5",
        ], moving: machine.counters)
      var seen = 0
      for _ in 0..<100 where seen < 4 {
        try machine.advance()
        try await Task.sleep(for: .milliseconds(300))
        let scrape = Scrape(try exporter.get(accept: format).body)
        expectZones(scrape)
        expectProcesses(scrape)
        expectContainers(scrape)
        let pid = ["pid": "\(machine.load.pid)"]
        let isComplete =
          !scrape.of("scaph_process_power_consumption_microwatts", pid).isEmpty
          && scrape.sum("kepler_process_cpu_joules_total", pid) > 0
          && scrape.sum("kepler_container_cpu_joules_total") > 0
          && !scrape.of("kepler_container_cpu_watts").isEmpty && hasSameProcesses(scrape)
        guard isComplete else { continue }
        seen += 1
        // of the kernel's threads there is CPU time alone
        let bound = Set(scrape.of("wattprobe_process_cpu_seconds_total").map(identity)).count
        #expect(scrape.samples.count { $0.name.hasPrefix("kepler_process_") } <= 5 * bound)
        #expect(scrape.samples.count { $0.name.hasPrefix("scaph_process_") } <= bound)
      }
      #expect(seen == 4)
    }

    private func expectZones(_ scrape: Scrape) {
      let folder = "/class/powercap/intel-rapl"
      let zones = [("package-0", "package", ":0"), ("core", "core", ":0:0"), ("dram", "dram", ":0:1")]
      for (native, name, place) in zones {
        let joules = scrape.sum("wattprobe_energy_joules_total", ["source": "rapl", "zone": native])
        let kepler = scrape.of("kepler_node_cpu_joules_total", ["zone": name])
        #expect(kepler.map(\.micro) == [joules])
        #expect(kepler.first?.labels["path"]?.hasSuffix(folder + place) == true)
        let rapl = scrape.of("node_rapl_\(name)_joules_total").filter { $0.labels["path"]!.hasSuffix(folder + place) }
        #expect(rapl.map(\.micro) == [joules])
        #expect(rapl.first?.labels["index"] == "0")
        let watts = scrape.of("wattprobe_power_watts", ["source": "rapl", "zone": native])
        #expect(scrape.of("kepler_node_cpu_watts", ["zone": name]).map(\.value) == watts.map(\.value))
        let scaphandre =
          name == "package"
          ? scrape.of("scaph_socket_power_microwatts", ["socket_id": "0"])
          : scrape.of("scaph_domain_power_microwatts", ["socket_id": "0", "domain_name": name])
        #expect(scaphandre.map(\.number) == watts.map { ($0.number * 1e6).rounded(.down) })
        let parts = ["active", "idle"].map { scrape.sum("kepler_node_cpu_\($0)_joules_total", ["zone": name]) }
        let isPart = name == "core"
        // a window that was shared out with the next one is missing for a moment
        #expect(isPart ? parts == [0, 0] : parts.reduce(0, +) <= joules)
      }
      #expect(scrape.of("node_rapl_package_joules_total").count == 2)
      let parts = ["active", "idle"].map { scrape.sum("kepler_node_cpu_\($0)_joules_total") }
      #expect(parts.reduce(0, +) == scrape.sum("wattprobe_energy_attributed_joules_total"))
      #expect(
        scrape.sum("kepler_node_cpu_idle_joules_total")
          == scrape.sum("wattprobe_energy_attributed_joules_total", ["to": "idle"]))
      #expect(
        scrape.of("scaph_host_energy_microjoules").map { Int($0.value) }
          == [scrape.sum("wattprobe_energy_attributed_joules_total")])
      let host = scrape.of("scaph_host_power_microwatts").first.map(\.number)
      let zonePower = ["socket", "domain"].flatMap { scrape.of("scaph_\($0)_power_microwatts") }
      #expect((host ?? 0) == zonePower.filter { $0.labels["domain_name"] != "core" }.reduce(0) { $0 + $1.number })
    }

    private func expectProcesses(_ scrape: Scrape) {
      let native = scrape.of("wattprobe_process_energy_joules_total")
      for one in native where isShown(one, scrape) {
        let kepler = scrape.of("kepler_process_cpu_joules_total", identity(one))
        #expect(!kepler.isEmpty && kepler.reduce(0) { $0 + $1.micro } == one.micro, "\(one) \(kepler)")
      }
      for zone in ["package", "dram"] {
        let parts = scrape.sum("kepler_process_cpu_joules_total", ["zone": zone])
        #expect(parts <= scrape.sum("kepler_node_cpu_active_joules_total", ["zone": zone]))
      }
    }

    private func identity(_ sample: Scrape.Sample) -> [String: String] {
      // natively all others have no name
      sample.labels.filter {
        ["pid", "cgroup"].contains($0.key) || ($0.key == "comm" && sample.labels["pid"] != "other")
      }
    }

    /// Where there was another pass between the two in this scrape, processes may have come and gone.
    private func isShown(_ sample: Scrape.Sample, _ scrape: Scrape) -> Bool {
      hasSameProcesses(scrape) || !scrape.of("kepler_process_cpu_joules_total", identity(sample)).isEmpty
    }

    private func hasSameProcesses(_ scrape: Scrape) -> Bool {
      let native = scrape.of("wattprobe_process_energy_joules_total").map(identity)
      return Set(native) == Set(scrape.of("kepler_process_cpu_joules_total").map(identity))
    }

    private func expectContainers(_ scrape: Scrape) {
      let native = scrape.of("wattprobe_cgroup_energy_joules_total", ["container": Self.container])
      for one in native {
        let labels = ["container_id": Self.container, "cgroup": one.labels["cgroup"]!]
        let kepler = scrape.of("kepler_container_cpu_joules_total", labels)
        #expect(!kepler.isEmpty && kepler.reduce(0) { $0 + $1.micro } == one.micro)
        #expect(kepler.allSatisfy { $0.labels["runtime"] == "docker" && $0.labels["container_name"] == "0123456789ab" })
      }
      #expect(native.isEmpty == scrape.of("kepler_container_cpu_joules_total").isEmpty)
    }

    @Test func formatsAreValid() async throws {
      let promtool = try Executable.tool("/usr/bin/promtool", package: "prometheus")
      let machine = try Machine()
      let exporter = try await Exporter([
        "--path.sysfs", machine.tree.path, "--compat=kepler,scaphandre,node",
      ])
      let text = try await eventually("the container to have energy") {
        try machine.advance()
        let text = try exporter.get().body
        let isThere = ["kepler_container_cpu_watts{", "scaph_process_power_consumption_microwatts{"].allSatisfy(
          text.contains)
        return isThere ? text : nil
      }
      // Scaphandre's unit is its own: it is the one fault of style
      let (_, output) = try await Executable.pipe(text, into: "\(promtool) check metrics")
      for line in output.split(separator: "\n") {
        #expect(
          line.hasPrefix("scaph_") && line.hasSuffix(#"use base unit "joules" instead of "microjoules""#), "\(line)")
      }
      let openMetrics = try exporter.get(accept: "application/openmetrics-text; version=1.0.0").body
      #expect(openMetrics.contains("# TYPE scaph_host_energy_microjoules unknown\n"))
      try await FormatTests.expectOpenMetrics(openMetrics)
      let series = Scrape(text).samples.map { [$0.name: $0.labels] }
      #expect(Set(series).count == series.count)
    }

    @Test func onlyTheNamesAskedForAreServed() async throws {
      let tree = try SensorTree()
      try tree.zone("intel-rapl:0", "package-0", energy: 1_000_000)
      for (arguments, prefixes) in [
        ([], []), (["--compat=kepler"], ["kepler_"]), (["--compat", "scaphandre"], ["scaph_"]),
        (["--compat", "node,kepler"], ["kepler_", "node_rapl_"]), (["--collector.compat"], Self.names),
        (["--compat=kepler", "--no-collector.compat"], []),
      ] {
        let exporter = try await Exporter(
          ["--path.sysfs", tree.path] + arguments, moving: [tree.counter("intel-rapl:0")])
        let samples = try exporter.samples()
        for name in Self.names {
          #expect(samples.contains { $0.hasPrefix(name) } == prefixes.contains(name), "\(name) with \(arguments)")
        }
        let up = #"wattprobe_collector_up{collector="compat",reason="\#(prefixes.isEmpty ? "disabled" : "")"} "#
        #expect(samples.contains(up + (prefixes.isEmpty ? "0" : "1")))
        #expect(try exporter.get("/metrics?exclude[]=compat").body.contains("kepler_") == false)
        _ = try await exporter.stop()
      }
    }

    @Test func withoutASensorThereIsNothing() async throws {
      let tree = try SensorTree()
      let exporter = try await Exporter(["--path.sysfs", tree.path, "--compat=kepler,scaphandre,node"])
      let samples = try exporter.samples()
      #expect(samples.contains(#"wattprobe_collector_up{collector="compat",reason="absent"} 0"#))
      #expect(!samples.contains { sample in Self.names.contains { sample.hasPrefix($0) } })
    }

    /// As those exporters' own dashboards ask, their variables filled in.
    private static let queries = [
      #"sum by (zone) (kepler_node_cpu_watts{job="wattprobe", zone=~".*"})"#,
      #"sum by (zone) (kepler_node_cpu_active_watts{job="wattprobe", zone=~"package"})"#,
      #"kepler_node_cpu_idle_watts{job="wattprobe", instance=~".*", zone=~"package"}"#,
      #"count by (instance, model_name)(kepler_node_cpu_info{job="wattprobe"})"#,
      #"group by (node_name,zone)(kepler_node_cpu_watts{job="wattprobe"})"#,
      #"topk(10,sum by (comm,zone)(kepler_process_cpu_watts{job="wattprobe", zone=~"package"}))"#,
      #"label_join( count by (pid, comm) (kepler_process_cpu_watts{job="wattprobe"}), "process", " | ", "comm", "pid" )"#,
      #"topk(10,sum by (container_name,zone)(kepler_container_cpu_watts{job="wattprobe", zone=~"package"}))"#,
      #"rate(kepler_node_cpu_joules_total{job="wattprobe",zone="package"}[20s])"#,
      #"sum(rate(kepler_process_cpu_joules_total{job="wattprobe",container_id!="",zone="package"}[20s]))"#,
      #"sum(rate(node_rapl_package_joules_total[20s])) - sum(kepler_node_cpu_watts{job="wattprobe",zone="package"})"#,
      #"sum by (instance) (rate(node_rapl_dram_joules_total{index="0"}[20s]))"#,
      "scaph_host_power_microwatts / 1000000", "sum(avg_over_time(scaph_host_power_microwatts[1h]))/1000000",
      "scaph_domain_power_microwatts / 1000000", "scaph_socket_power_microwatts / 1000000",
      #"scaph_process_power_consumption_microwatts{cmdline=~".*.*"}/1000000"#,
      #"scaph_process_power_consumption_microwatts{cmdline=~".*sh.*"}/1000000 > 0.01"#,
      #"scaph_process_power_consumption_microwatts{exe=~"sh|prometheus"} / 1000000"#,
      "rate(scaph_host_energy_microjoules[20s]) > 0",
    ]

    @Test func dashboardsOfThoseExportersFindData() async throws {
      let machine = try Machine()
      let exporter = try await Exporter([
        "--path.sysfs", machine.tree.path, "--compat=kepler,scaphandre,node",
      ])
      let prometheus = try await PrometheusServer(scraping: exporter.port)
      for query in Self.queries {
        if case .refused(let why) = try prometheus.query(query) { Issue.record("\(query): \(why)") }
        await #expect(throws: Never.self) {
          try await eventually("data of \(query)") {
            try machine.advance()
            return try prometheus.hasData(query) ? () : nil
          }
        }
      }
      try await prometheus.stop()
    }
  }
}
