import Energy
import Testing

@testable import Collectors

/// What Scaphandre's dashboards find.
@Suite struct ScaphandreTests {
  private typealias Scene = FiguresScene
  private let scaphandre = ScaphandreFamilies()

  @Test func hostIsItsPackagesAndTheirMemory() {
    var scene = Scene()
    scene.kernel.run(1, 500_000_000)
    scene.window(10_000_001, 7_000_000, 2_000_000)
    let lines = scaphandre.lines(scene.figures)
    #expect(lines.of("scaph_host_energy_microjoules") == [#"{value_source="powercap_rapl_pkg"} 12000001"#])
    #expect(lines.of("scaph_host_power_microwatts") == [#"{value_source="powercap_rapl_pkg"} 12000001"#])
    #expect(lines.of("scaph_socket_energy_microjoules") == [#"{socket_id="0"} 11000001"#])
    #expect(lines.of("scaph_socket_power_microwatts") == [#"{socket_id="0"} 10000001"#])
    #expect(
      lines.of("scaph_domain_energy_microjoules") == [
        #"{domain_name="core",domain_id="0",socket_id="0"} 8000000"#,
        #"{domain_name="dram",domain_id="1",socket_id="0"} 3000000"#,
      ])
    #expect(lines.of("scaph_domain_power_microwatts").map { $0.split(separator: " ").last } == ["7000000", "2000000"])
  }

  @Test func psysIsMoreOfTheHost() {
    let readings = [
      EnergyReading("intel-rapl:0", "package-0", total: 1, last: 3),
      EnergyReading("intel-rapl:1", "psys", role: .platform, total: 5, last: 4),
      EnergyReading("intel-rapl:2", "psys-1", role: .platform, total: 7, last: 6),
    ]
    let lines = scaphandre.lines(EnergyFigures(readings: readings, tables: nil))
    #expect(lines.of("scaph_host_energy_microjoules") == [#"{value_source="powercap_rapl_psys"} 12"#])
    #expect(lines.of("scaph_host_power_microwatts") == [#"{value_source="powercap_rapl_psys"} 10"#])
    #expect(lines.of("scaph_socket_energy_microjoules") == [#"{socket_id="0"} 1"#])
  }

  @Test func hostHasNoPowerWhileAZoneCannotBeRead() {
    var scene = Scene()
    scene.window(10_000_000, 7_000_000, nil)
    let lines = scaphandre.lines(scene.figures)
    #expect(lines.of("scaph_host_power_microwatts") == [])
    #expect(lines.of("scaph_process_power_consumption_microwatts") == [])
    #expect(lines.of("scaph_host_energy_microjoules").count == 1)
  }

  @Test func diesAreSocketsAsTheirFoldersAreNumbered() {
    let readings = [
      EnergyReading("intel-rapl:0", "package-0-die-0", total: 1),
      EnergyReading("intel-rapl:1", "package-0-die-1", total: 2),
      EnergyReading("intel-rapl:1:0", "dram", parent: "package-0-die-1", total: 3),
      EnergyReading("intel-rapl-mmio:0", "package-0", role: .duplicate, total: 4),
    ]
    let lines = scaphandre.lines(EnergyFigures(readings: readings, tables: nil))
    #expect(lines.of("scaph_socket_energy_microjoules") == [#"{socket_id="0"} 1"#, #"{socket_id="1"} 2"#])
    #expect(
      lines.of("scaph_domain_energy_microjoules") == [#"{domain_name="dram",domain_id="0",socket_id="1"} 3"#])
  }

  @Test func withoutPowercapZonesAreKnownByTheirNames() {
    var scene = Scene(source: .model)
    scene.kernel.run(1, 500_000_000)
    scene.window(10_000_000, 7_000_000, 0)
    let lines = scaphandre.lines(scene.figures)
    #expect(lines.of("scaph_socket_energy_microjoules") == [#"{socket_id="0",source="model"} 11000000"#])
    #expect(
      lines.of("scaph_domain_energy_microjoules").first == #"{domain_name="core",socket_id="0",source="model"} 8000000"#
    )
    for line in lines { #expect(line.contains(#"source="model""#), "\(line)") }
  }

  @Test func processesHaveTheirNamesAndNoCommandLines() {
    var scene = Scene(comm: "a\"b")
    scene.kernel.run(1, 100_000_000)
    scene.kernel.run(2, 200_000_000)
    scene.kernel.run(3, 300_000_000)
    scene.window(5_400_000, 0, 600_000)
    let name = "scaph_process_power_consumption_microwatts"
    #expect(
      Set(scaphandre.lines(scene.figures).of(name)) == [
        #"{pid="7",exe="a\"b",cmdline="a\"b",cgroup="/user.slice"} 1000000"#,
        #"{pid="8",exe="two",cmdline="two",container_id="\#(Scene.container)",container_scheduler="docker",cgroup="\#(Scene.docker)"} 2000000"#,
        #"{pid="9",exe="three",cmdline="three",container_id="\#(Scene.container)",container_runtime="containerd",container_scheduler="kubernetes",cgroup="\#(Scene.kubernetes)"} 3000000"#,
        #"{pid="other",exe="other",cmdline="other"} 0"#,
      ])
  }

  @Test func microwattsAreRoundedDown() {
    #expect(EnergyWindow(microjoules: 2, nanoseconds: 3_000_000_000).microwatts == 0)
    #expect(EnergyWindow(microjoules: 5, nanoseconds: 3_000_000_000).microwatts == 1)
    #expect(EnergyWindow(microjoules: .max, nanoseconds: 1).microwatts == .max)
  }
}
