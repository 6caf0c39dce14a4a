import Fixtures
import Testing

@testable import Energy

@Suite struct EnergyZoneTests {
  @Test(arguments: [
    ("package-0", nil, EnergyZone.Domain.package, 0 as Int?, nil as Int?),
    ("package-12", nil, .package, 12, nil),
    ("package-1-die-3", nil, .package, 1, 3),
    ("core", "package-1", .core, 1, nil),
    ("uncore", "package-0-die-1", .uncore, 0, 1),
    ("dram", "package-0", .dram, 0, nil),
    ("dram", nil, .dram, nil, nil),
    ("psys", nil, .psys, nil, nil),
    ("psys-1", nil, .psys, nil, nil),
    ("package-x", nil, .other, nil, nil),
    ("package-0-core-1", nil, .other, nil, nil),
    ("package--1", nil, .other, nil, nil),
    ("something", "package-3", .other, 3, nil),
  ])
  func nameTellsThePlace(name: String, parent: String?, domain: EnergyZone.Domain, package: Int?, die: Int?) {
    let zone = EnergyZone(source: .rapl, name: name, parentName: parent)
    #expect(zone.domain == domain)
    #expect(zone.package == package)
    #expect(zone.die == die)
  }

  static func rapl(_ name: String, in parent: String? = nil, mmio: Bool = false) -> EnergyZone {
    EnergyZone(source: .rapl, name: name, parentName: parent, isMemoryMapped: mmio)
  }

  static func perf(_ name: String, in parent: String? = nil) -> EnergyZone {
    EnergyZone(source: .perf, name: name, parentName: parent)
  }

  @Test func labelsTellEveryZoneApart() {
    let labels = EnergyLabels.assign(to: [
      Self.rapl("package-0"), Self.rapl("dram", in: "package-0"), Self.rapl("package-0", mmio: true),
      Self.rapl("dram", in: "package-0", mmio: true), Self.rapl("package-1-die-1"),
      Self.rapl("dram", in: "package-1-die-0"), Self.rapl("dram", in: "package-1-die-1"), Self.rapl("psys"),
      Self.rapl("psys-1"), Self.rapl("weird"), Self.perf("package-0"), Self.rapl("package-0"),
      Self.rapl("package-0"),
    ])
    #expect(
      labels.map(\.description) == [
        "rapl 0/package-0", "rapl 0/dram", "rapl 0/package-0-mmio", "rapl 0/dram-mmio", "rapl 1/package-1-die-1",
        "rapl 1/dram-die-0", "rapl 1/dram-die-1", "rapl psys/psys", "rapl psys/psys-1", "rapl unknown/weird",
        "perf 0/package-0", "rapl 0/package-0-2", "rapl 0/package-0-3",
      ])
  }

  @Test func labelsAreUniqueWhateverTheNames() {
    var generator = Generator(seed: 5)
    let names = ["package-0", "package-0-2", "dram", "dram-2", "dram-mmio", "psys", "package-0-die-1"]
    for _ in 0..<2000 {
      let zones = (0..<12).map { _ in
        EnergyZone(
          source: Bool.random(using: &generator) ? .rapl : .perf, name: names.randomElement(using: &generator)!,
          parentName: ["package-0", "package-0-die-1", nil].randomElement(using: &generator)!,
          isMemoryMapped: Bool.random(using: &generator))
      }
      #expect(Set(EnergyLabels.assign(to: zones)).count == zones.count)
    }
  }

  @Test func packagesAndMemoryAreSummedOnce() {
    let roles = EnergyRole.assign(to: [
      Self.rapl("package-0"), Self.rapl("core", in: "package-0"), Self.rapl("uncore", in: "package-0"),
      Self.rapl("dram", in: "package-0"), Self.rapl("package-1"), Self.rapl("psys"),
      Self.rapl("package-0", mmio: true), Self.rapl("weird"),
    ])
    #expect(roles == [.primary, .part, .part, .primary, .primary, .platform, .duplicate, .unknown])
  }

  @Test func perfGoesBeforePowercapWhereBothExist() {
    let roles = EnergyRole.assign(to: [
      Self.rapl("package-0"), Self.rapl("package-1"), Self.rapl("dram", in: "package-0"), Self.perf("package-0"),
    ])
    #expect(roles == [.duplicate, .primary, .primary, .primary])
  }

  @Test func diesOfOneSourceAreSummedAndNotAgainWithThePackageOfTheOther() {
    let dies = [Self.rapl("package-0-die-0"), Self.rapl("package-0-die-1")]
    #expect(EnergyRole.assign(to: dies) == [.primary, .primary])
    #expect(EnergyRole.assign(to: dies + [Self.perf("package-0")]) == [.duplicate, .duplicate, .primary])
  }

  @Test func memoryMappedZoneCountsWhereItIsTheOnlyOne() {
    #expect(EnergyRole.assign(to: [Self.rapl("package-0", mmio: true)]) == [.primary])
  }

  @Test func identicalZonesCountOnce() {
    #expect(EnergyRole.assign(to: [Self.rapl("package-0"), Self.rapl("package-0")]) == [.primary, .duplicate])
  }

  private static func package(_ source: EnergyZone.Source, _ number: Int = 0) -> EnergyZone {
    EnergyZone(source: source, name: "package-\(number)", domain: .package, package: number)
  }

  @Test func sourcesOfOnePackageHaveAnOrder() {
    let zones = [
      Self.perf("package-0"), Self.rapl("package-0"), Self.rapl("package-0", mmio: true), Self.package(.hwmon),
      Self.package(.model),
    ]
    for first in zones.indices {
      let roles = EnergyRole.assign(to: Array(zones[first...].reversed()))
      #expect(roles == Array(repeating: .duplicate, count: zones.count - first - 1) + [.primary])
    }
  }

  @Test func modelIsNoneBesideMeasuredPackages() {
    #expect(EnergyRole.assign(to: [Self.rapl("package-0"), Self.package(.model, 1)]) == [.primary, .duplicate])
    #expect(EnergyRole.assign(to: [Self.package(.model, 0), Self.package(.model, 1)]) == [.primary, .primary])
  }

  @Test func whatMeasuresTheMachineIsNeverSummed() {
    let zones = [
      EnergyZone(source: .battery, name: "BAT0", domain: .machine),
      EnergyZone(source: .hwmon, name: "power_meter-power1", domain: .machine),
      EnergyZone(source: .hwmon, name: "ina3221-VDD", domain: .other), Self.rapl("psys"),
    ]
    #expect(EnergyRole.assign(to: zones) == [.platform, .platform, .unknown, .platform])
    #expect(
      EnergyLabels.assign(to: zones).map(\.description) == [
        "battery machine/BAT0", "hwmon machine/power_meter-power1", "hwmon unknown/ina3221-VDD", "rapl psys/psys",
      ])
  }

  @Test func eachGPUCountsBesidePackages() {
    let zones = ["GPU-a", "GPU-b"].map { EnergyZone(source: .nvml, name: "gpu-0", domain: .gpu, owner: $0) }
    #expect(EnergyRole.assign(to: zones + [Self.rapl("package-0")]) == [.primary, .primary, .primary])
    #expect(EnergyLabels.assign(to: zones).map(\.description) == ["nvml GPU-a/gpu-0", "nvml GPU-b/gpu-0"])
  }
}
