import Energy
import Testing

@testable import Collectors
@testable import Host

/// What Kepler's dashboards find.
@Suite struct KeplerTests {
  private typealias Scene = FiguresScene
  private let kepler = KeplerFamilies(processors: [], host: "here")
  private let package = #"{node_name="here",zone="package",path="/sys/class/powercap/intel-rapl:0"}"#
  private let core = #"{node_name="here",zone="core",path="/sys/class/powercap/intel-rapl:0:0"}"#
  private let dram = #"{node_name="here",zone="dram",path="/sys/class/powercap/intel-rapl:0:1"}"#

  @Test func zonesAreThoseOfTheNode() {
    var scene = Scene()
    scene.kernel.run(1, 500_000_000)
    scene.window(10_000_001, 7_000_000, 2_000_000)
    let lines = kepler.lines(scene.figures)
    #expect(
      lines.of("kepler_node_cpu_joules_total") == ["\(package) 11.000001", "\(core) 8", "\(dram) 3"])
    #expect(lines.of("kepler_node_cpu_watts") == ["\(package) 10.000001", "\(core) 7", "\(dram) 2"])
  }

  @Test func activeAndIdleAreWhatWasAttributed() {
    var scene = Scene(idleMicrowatts: 4_000_000)
    scene.kernel.run(1, 500_000_000)
    scene.window(10_000_001, 7_000_000, 2_000_000)
    let lines = kepler.lines(scene.figures)
    // nothing is known of the cores' idle power: they are a part of the package
    #expect(lines.of("kepler_node_cpu_idle_joules_total") == ["\(package) 4", "\(dram) 0"])
    #expect(lines.of("kepler_node_cpu_active_joules_total") == ["\(package) 6.000001", "\(dram) 2"])
    #expect(lines.of("kepler_node_cpu_idle_watts") == ["\(package) 4", "\(dram) 0"])
    #expect(lines.of("kepler_node_cpu_active_watts") == ["\(package) 6.000001", "\(dram) 2"])
  }

  @Test func zoneThatCannotBeReadHasNoPower() {
    var scene = Scene()
    scene.kernel.run(1, 500_000_000)
    scene.window(10_000_000, 7_000_000, nil)
    let lines = kepler.lines(scene.figures)
    #expect(lines.of("kepler_node_cpu_watts") == ["\(package) 10", "\(core) 7"])
    #expect(lines.of("kepler_node_cpu_active_watts") == ["\(package) 10"])
    #expect(lines.of("kepler_node_cpu_joules_total").count == 3)
    // a part of what processes drew is not known
    #expect(lines.of("kepler_process_cpu_watts") == [])
    #expect(!lines.of("kepler_process_cpu_joules_total").isEmpty)
  }

  @Test func whatMeasuresAZoneAgainIsLeftOut() {
    let sensor = EnergyZone(source: .hwmon, name: "core-0", domain: .core)
    let readings = [
      EnergyReading("intel-rapl:0", "package-0", total: 1_000_000),
      EnergyReading("intel-rapl:0:0", "core", parent: "package-0", role: .part, total: 2_000_000),
      EnergyReading("intel-rapl:1", "psys", role: .platform, total: 3_000_000),
      EnergyReading("intel-rapl:2", "package-1", role: nil, total: 9_000_000),
      EnergyReading("intel-rapl-mmio:0", "package-0", role: .duplicate, total: 4_000_000),
      EnergyReading("intel-rapl-mmio:0:0", "core", parent: "package-0", role: .part, total: 5_000_000),
      EnergyReading(
        labels: EnergyLabels.assign(to: [sensor])[0], zone: sensor, role: .part, total: 6_000_000, window: nil,
        path: "/sys/class/hwmon/hwmon0/energy1_input"),
    ]
    let lines = kepler.lines(EnergyFigures(readings: readings, tables: nil))
    let zones = lines.of("kepler_node_cpu_joules_total").map { $0.split(separator: " ").last! }
    #expect(zones == ["1", "2", "3"])
    #expect(lines.count == 3, "nobody knows who ran: \(lines)")
  }

  @Test func processesAreThoseWithSeriesAndTheRest() {
    var scene = Scene(comm: "a\"b\\c\nd")
    scene.kernel.run(0, 200_000_000)
    scene.kernel.run(1, 300_000_000)
    scene.kernel.run(2, 500_000_000)
    scene.window(10_000_000, 7_000_000, 2_000_000)
    let lines = kepler.lines(scene.figures)
    let one =
      #"{node_name="here",pid="7",comm="a\"b\\c\nd",exe="a\"b\\c\nd",type="regular",cgroup="/user.slice""#
    let two =
      #"{node_name="here",pid="8",comm="two",exe="two",type="container",container_id="\#(Scene.container)",cgroup="\#(Scene.docker)""#
    let package = #",state="running",zone="package"}"#
    let dram = #",state="running",zone="dram"}"#
    let joules = lines.of("kepler_process_cpu_joules_total")
    for line in ["\(one)\(package) 3", "\(one)\(dram) 0.6", "\(two)\(package) 5", "\(two)\(dram) 1"] {
      #expect(joules.contains(line), "\(line) is not in \(joules)")
    }
    let other = #"{node_name="here",pid="other",comm="other",exe="other",type="regular""#
    #expect(joules.filter { $0.contains(#"pid="other""#) } == ["\(other)\(package) 0", "\(other)\(dram) 0"])
    // the kernel's threads have none, as in the native families
    #expect(!joules.contains { $0.contains("kthreadd") })
    #expect(joules.count == 8)
    let watts = lines.of("kepler_process_cpu_watts")
    #expect(watts.contains("\(two)\(package) 5") && watts.contains("\(two)\(dram) 1"))
    #expect(!lines.contains { $0.contains("_gpu_") })
    #expect(lines.of("kepler_process_cpu_seconds_total").contains("\(one)} 0.3"))
  }

  @Test func containersAndPodsAreThoseThatThePathsShow() {
    var scene = Scene()
    scene.kernel.run(2, 100_000_000)
    scene.kernel.run(3, 300_000_000)
    scene.window(8_000_000, 0, 4_000_000)
    let lines = kepler.lines(scene.figures)
    let id = Scene.container
    let containers = lines.of("kepler_container_cpu_joules_total")
    #expect(
      containers.filter { $0.contains("dram") }.map { $0.split(separator: " ").last } == ["1", "3"])
    #expect(
      containers.filter { $0.contains("package") } == [
        #"{node_name="here",container_id="\#(id)",container_name="0123456789ab",runtime="docker",cgroup="\#(Scene.docker)",state="running",zone="package"} 2"#,
        #"{node_name="here",container_id="\#(id)",container_name="0123456789ab",runtime="containerd",pod_id="\#(Scene.pod)",cgroup="\#(Scene.kubernetes)",state="running",zone="package"} 6"#,
      ])
    let pod = #"{node_name="here",pod_id="\#(Scene.pod)",cgroup="\#(Scene.kubernetes)",state="running",zone="#
    for kind in ["joules_total", "watts"] {
      #expect(lines.of("kepler_pod_cpu_\(kind)") == [#"\#(pod)"package"} 6"#, #"\#(pod)"dram"} 3"#])
    }
    #expect(packageWatts(lines) == ["2", "6"])
    #expect(lines.of("kepler_container_cpu_seconds_total").count == 2)
  }

  /// Those of one group that have no series of their own are in its power, too.
  @Test func containersHaveTheirProcessesWithoutSeries() {
    var scene = Scene(limit: 1)
    scene.kernel.run(2, 100_000_000)
    scene.kernel.run(3, 300_000_000)
    scene.window(8_000_000, 0, 0)
    #expect(scene.tables.processes.series.count == 1)
    let lines = kepler.lines(scene.figures)
    #expect(packageWatts(lines) == ["2", "6"])
  }

  private func packageWatts(_ lines: [String]) -> [Substring?] {
    lines.of("kepler_container_cpu_watts").filter { $0.contains("package") }.map { $0.split(separator: " ").last }
  }

  @Test func whatIsEstimatedSaysSo() {
    var scene = Scene(source: .model)
    scene.kernel.run(1, 500_000_000)
    scene.window(10_000_000, 7_000_000, 0)
    for line in kepler.lines(scene.figures) { #expect(line.contains(#"source="model""#), "\(line)") }
  }

  @Test func whatIsMeasuredBesideAnEstimateDoesNotSaySo() {
    let psys = EnergyReading("intel-rapl:1", "psys", role: .platform, total: 3_000_000)
    #expect(
      kepler.lines(EnergyFigures(readings: [psys], tables: nil, basis: .model)) == [
        #"kepler_node_cpu_joules_total{node_name="here",zone="psys",path="/sys/class/powercap/intel-rapl:1"} 3"#
      ])
  }

  @Test func withoutTheProcessCollectorThereAreNoProcesses() {
    let scene = Scene()
    let figures = EnergyFigures(readings: [], tables: scene.tables, hasProcesses: false)
    #expect(!kepler.lines(figures).contains { $0.hasPrefix("kepler_process") })
  }

  @Test func gpusAreKnownByTheirIdentifiersAndGoToThoseWhoUsedThem() {
    let zone = EnergyZone(source: .nvml, name: "gpu-1", domain: .gpu, owner: "GPU-a")
    func reading(_ total: UInt64, uses: [DeviceUse]) -> EnergyReading {
      EnergyReading(
        labels: EnergyLabels.assign(to: [zone])[0], zone: zone, role: .primary, total: total,
        window: total == 0 ? nil : EnergyWindow(microjoules: total, nanoseconds: 2_000_000_000), uses: uses,
        path: "GPU-a")
    }
    var scene = Scene()
    scene.tables.beginAttribution(EnergyLedger([reading(0, uses: [])], cpus: 2, idleMicrowatts: nil))
    scene.kernel.advance(2_000_000_000)
    let now = reading(3_000_000, uses: [DeviceUse(pid: 7, weight: 1), DeviceUse(pid: 9, weight: 3)])
    scene.tables.energy?.measure([now], at: scene.kernel.clock)
    scene.kernel.pass(&scene.tables)
    scene.tables.attributeEnergy()

    let lines = kepler.lines(EnergyFigures(readings: [now], tables: scene.tables))
    let gpu = #"{node_name="here",gpu="1",gpu_uuid="GPU-a",vendor="nvidia"}"#
    #expect(lines.of("kepler_node_gpu_joules_total") == ["\(gpu) 3"])
    #expect(lines.of("kepler_node_gpu_active_joules_total") == ["\(gpu) 3"])
    #expect(lines.of("kepler_node_gpu_idle_joules_total") == ["\(gpu) 0"])
    #expect(lines.of("kepler_node_gpu_watts") == ["\(gpu) 1.5"])
    func values(_ name: String, _ label: String) -> [Substring?] {
      lines.of(name).filter { $0.contains(label) }.map { $0.split(separator: " ").last }
    }
    #expect(values("kepler_process_gpu_joules_total", #"pid="7""#) == ["0.75"])
    #expect(values("kepler_process_gpu_joules_total", #"pid="8""#) == ["0"])
    #expect(values("kepler_process_gpu_watts", #"pid="9""#) == ["1.125"])
    #expect(values("kepler_container_gpu_joules_total", "containerd") == ["2.25"])
    #expect(values("kepler_pod_gpu_joules_total", Scene.pod) == ["2.25"])
    #expect(values("kepler_pod_gpu_watts", Scene.pod) == ["1.125"])
    // no package was measured since
    #expect(lines.of("kepler_process_cpu_joules_total") == [])
  }

  @Test func processorsAreListed() {
    let processors = Processor.list(
      parsing: "processor: 0\nvendor_id : GenuineIntel\nmodel name: x y\nphysical id: 0\ncore id: 3\n")
    let kepler = KeplerFamilies(processors: processors, host: "here")
    #expect(
      kepler.lines(EnergyFigures(readings: [], tables: nil)) == [
        #"kepler_node_cpu_info{processor="0",vendor_id="GenuineIntel",model_name="x y",physical_id="0",core_id="3"} 1"#
      ])
  }
}
