import Energy
import Testing

@testable import Collectors

/// What dashboards for node_exporter's rapl collector find.
@Suite struct NodeExporterTests {
  private func lines(_ readings: [EnergyReading]) -> [String] {
    NodeExporterFamilies().lines(EnergyFigures(readings: readings, tables: nil))
  }

  @Test func numbersThatAreNoneAreNoIndices() {
    let lines = lines(
      ["core-9223372036854775807", "core-99999999999999999999", "core--5", "core"].enumerated().map {
        EnergyReading("intel-rapl:\($0)", $1, total: 1)
      })
    #expect(lines.count == 4)
  }

  @Test func numbersBehindNamesAreIndicesAndOthersAreCounted() {
    let base = "/sys/class/powercap/intel-rapl"
    // as the exporter does, over folders by name: what is mapped into memory comes first
    #expect(
      lines([
        EnergyReading("intel-rapl:0", "package-0", total: 1_500_000),
        EnergyReading("intel-rapl:0:0", "core", parent: "package-0", role: .part, total: 2_000_000),
        EnergyReading("intel-rapl:0:1", "dram", parent: "package-0", total: 3_000_001),
        EnergyReading("intel-rapl:1", "package-1", total: 4_000_000),
        EnergyReading("intel-rapl:1:1", "dram", parent: "package-1", total: 5_000_000),
        EnergyReading("intel-rapl-mmio:0:0", "dram", parent: "package-0", role: .duplicate, total: 6_000_000),
        EnergyReading("intel-rapl:2", "psys", role: .platform, total: 7_000_000),
        EnergyReading("intel-rapl:3", "gone", role: nil, total: 8_000_000),
      ]) == [
        #"node_rapl_dram_joules_total{index="0",path="\#(base)-mmio:0:0"} 6"#,
        #"node_rapl_dram_joules_total{index="1",path="\#(base):0:1"} 3.000001"#,
        #"node_rapl_dram_joules_total{index="2",path="\#(base):1:1"} 5"#,
        #"node_rapl_package_joules_total{index="0",path="\#(base):0"} 1.5"#,
        #"node_rapl_package_joules_total{index="1",path="\#(base):1"} 4"#,
        #"node_rapl_core_joules_total{index="0",path="\#(base):0:0"} 2"#,
        #"node_rapl_psys_joules_total{index="0",path="\#(base):2"} 7"#,
      ])
  }

  @Test func diesAndOddNamesAreInTheNamesOfFamilies() {
    let found = lines([
      EnergyReading("intel-rapl:0", "package-0-die-1", total: 0),
      EnergyReading("intel-rapl:1", "Zoné {x}", role: .unknown, total: 0),
    ])
    #expect(
      found.map { String($0.prefix { $0 != "{" }) } == [
        "node_rapl_package_0_die_1_joules_total", "node_rapl_Zon___x__joules_total",
      ])
  }

  @Test func whatIsNotPowercapsIsNotServed() {
    var scene = FiguresScene(source: .model)
    scene.window(1_000_000, 0, 0)
    #expect(NodeExporterFamilies().lines(scene.figures) == [])
  }
}
