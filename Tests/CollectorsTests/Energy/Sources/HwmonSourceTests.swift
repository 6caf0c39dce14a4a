import Collecting
import Energy
import Exposition
import Foundation
import Glibc
import Testing

@testable import Collectors

/// Sensors of hwmon.
@Suite struct HwmonSourceTests {
  let host: EnergyFixture
  init() throws { host = try EnergyFixture() }

  private func set(_ file: String, _ text: String) throws { try host.write("class/hwmon/\(file)", text + "\n") }

  @Test func energyCountersAreFollowed() throws {
    try host.chip(
      3, "amd_energy",
      [
        "energy1_input": "5000000000", "energy1_label": "Ecore000", "energy2_input": "7000000000",
        "energy2_label": "Esocket0", "energy3_input": "9000000000", "energy3_label": "Esocket1",
      ])
    let collector = try host.makeCollector()
    try set("hwmon3/energy1_input", "5001000000")
    try set("hwmon3/energy2_input", "7004000000")
    try set("hwmon3/energy3_input", "9000000001")
    collector.sample(at: 2 * .second)
    let state = try collector.series()
    #expect(state.joules("hwmon/unknown/core-0") == 1)
    #expect(state.joules("hwmon/0/package-0") == 4)
    #expect(state.watts("hwmon/0/package-0") == 2)
    #expect(state.joules("hwmon/1/package-1") == 0.000001)
  }

  @Test func powerIsIntegratedOverTheTimeThatPassed() throws {
    try host.chip(0, "ina226", ["power1_input": "10000000", "power1_label": "VDD CPU (A57)/x"])
    let collector = try host.makeCollector(at: 100 * .second)
    try set("hwmon0/power1_input", "20000000")
    collector.sample(at: 101 * .second)
    var state = try collector.series()
    // The trapezoid of 10 and 20 W.
    #expect(state.joules("hwmon/unknown/ina226-VDD_CPU_A57_x") == 15)
    collector.sample(at: 104 * .second)
    state = try collector.series()
    #expect(state.joules("hwmon/unknown/ina226-VDD_CPU_A57_x") == 75)
    #expect(state.watts("hwmon/unknown/ina226-VDD_CPU_A57_x") == 20)
  }

  @Test func meanOfTheChipStandsForTheTimeUpToIt() throws {
    // As acpi_power_meter registers itself: everything is at the device.
    try host.write("class/hwmon/hwmon1/device/name", "power_meter\n")
    try host.write("class/hwmon/hwmon1/device/power1_average", "100000000\n")
    try host.write("class/hwmon/hwmon1/device/power1_average_interval", "1000\n")
    try host.write("class/hwmon/hwmon1/device/power1_input", "<busy>\n")
    let collector = try host.makeCollector()
    try set("hwmon1/device/power1_average", "300000000")
    collector.sample(at: 2 * .second)
    #expect(try collector.series().joules("hwmon/machine/power_meter-power1") == 600)
  }

  @Test func failedReadingOfAPowerLeavesTheWindowOpen() throws {
    try host.chip(0, "ina226", ["power1_input": "10000000"])
    let file = host.path("class/hwmon/hwmon0/power1_input")
    let collector = try host.makeCollector()
    for (text, code) in [("no power", nil), ("-5000000", nil), ("", nil), ("10000000", EAGAIN)] as [(String, CInt?)] {
      try set("hwmon0/power1_input", text)
      host.failRead(file, code)
      collector.sample(at: .second)
      #expect(try collector.series().joules("hwmon/unknown/ina226-power1") == nil)
      #expect(try collector.series().watts("hwmon/unknown/ina226-power1") == nil)
    }
    #expect(try collector.series().errors("hwmon/unknown/ina226-power1") == 4)
    host.failRead(file, nil)
    try set("hwmon0/power1_input", "30000000")
    collector.sample(at: 4 * .second)
    #expect(try collector.series().joules("hwmon/unknown/ina226-power1") == 80)
    #expect(try collector.series().watts("hwmon/unknown/ina226-power1") == 20)
  }

  /// All ones are ACPI's word for a measurement that failed.
  @Test(arguments: ["4294967295000", "18446744073709551615", "50000000001"])
  func powerBeyondWhatIsPossibleIsAFailedReading(sentinel: String) throws {
    try host.chip(0, "power_meter", ["power1_average": "200000000"])
    let collector = try host.makeCollector()
    collector.sample(at: .second)
    try set("hwmon0/power1_average", sentinel)
    collector.sample(at: 2 * .second)
    try set("hwmon0/power1_average", "200000000")
    collector.sample(at: 3 * .second)
    #expect(try collector.series().joules("hwmon/machine/power_meter-power1") == 600)
    #expect(try collector.series().errors("hwmon/machine/power_meter-power1") == 1)
  }

  @Test func timeNobodyWatchedCountsNothing() throws {
    try host.chip(0, "ina226", ["power1_input": "10000000"])
    let collector = try host.makeCollector()
    collector.sample(at: .second)
    collector.sample(at: 302 * .second)
    var state = try collector.series()
    #expect(state.joules("hwmon/unknown/ina226-power1") == 10)
    #expect(state.errors("hwmon/unknown/ina226-power1") == 1)
    collector.sample(at: 303 * .second)
    state = try collector.series()
    #expect(state.joules("hwmon/unknown/ina226-power1") == 20)
  }

  @Test func sensorThatGoesAndComesBackCountsFromThere() throws {
    try host.chip(0, "ina226", ["power1_input": "10000000"])
    let file = host.path("class/hwmon/hwmon0/power1_input")
    let collector = try host.makeCollector()
    collector.sample(at: .second)
    host.failRead(file, ENODEV)
    collector.sample(at: 2 * .second)
    #expect(try collector.series().joules("hwmon/unknown/ina226-power1") == nil)
    host.failRead(file, nil)
    collector.sample(at: 10 * .second)
    #expect(try collector.series().joules("hwmon/unknown/ina226-power1") == nil)
    collector.sample(at: 11 * .second)
    #expect(try collector.series().joules("hwmon/unknown/ina226-power1") == 20)
  }

  @Test func narrowCounterIsFollowedThroughItsTurns() throws {
    try host.chip(0, "board", ["energy1_input": "0"])
    let collector = try host.makeCollector(interval: 60 * .second)
    // 2^32 µJ at 4000 W, and half of that.
    #expect(collector.samplingInterval == 536_870_912)
    for step in 1...100 as ClosedRange<UInt64> {
      // 200 W, a turn every 21 s.
      try set("hwmon0/energy1_input", "\(step * 100_000_000 % (1 << 32))")
      collector.sample(at: step * .second / 2)
    }
    #expect(try collector.series().joules("hwmon/unknown/board-energy1") == 10_000)
    #expect(try collector.series().errors("hwmon/unknown/board-energy1") == 0)
    // Beyond 32 bits it is a wide one, and needs no haste.
    try set("hwmon0/energy1_input", "\((1 as UInt64) << 40)")
    collector.sample(at: 51 * .second)
    #expect(collector.samplingInterval == 60 * .second)
  }

  @Test func wideCounterThatStartsAnewIsHeld() throws {
    try host.chip(0, "wide", ["energy1_input": "900000000000"])
    let collector = try host.makeCollector()
    try set("hwmon0/energy1_input", "900001000000")
    collector.sample(at: .second)
    try set("hwmon0/energy1_input", "5")
    collector.sample(at: 2 * .second)
    var state = try collector.series()
    #expect(state.joules("hwmon/unknown/wide-energy1") == 1)
    #expect(state.errors("hwmon/unknown/wide-energy1") == 1)
    try set("hwmon0/energy1_input", "1000005")
    collector.sample(at: 3 * .second)
    state = try collector.series()
    #expect(state.joules("hwmon/unknown/wide-energy1") == 2)
  }

  /// Drivers that say what they measure: a card of its own, and what lies within it.
  @Test func graphicsCardsAreGPUsByTheirDevices() throws {
    for (number, name) in [(0, "xe"), (1, "i915"), (2, "i915_gt0")] {
      try host.chip(number, name, ["energy1_input": "1000000", "energy1_label": "card"])
      try host.write("devices/0000:0\(number):00.0/x", "")
      try FileManager.default.createSymbolicLink(
        atPath: host.path("class/hwmon/hwmon\(number)/device"),
        withDestinationPath: "../../../devices/0000:0\(number):00.0")
    }
    try set("hwmon0/energy2_input", "1000000")
    try set("hwmon0/energy2_label", "pkg")
    let collector = try host.makeProvedCollector()
    for number in 0..<3 { try set("hwmon\(number)/energy1_input", "51000000") }
    try set("hwmon0/energy2_input", "31000000")
    collector.sample(at: .second)
    #expect(
      collector.roleNames == [
        "hwmon 0000:00:00.0/card": "primary", "hwmon 0000:01:00.0/card": "primary", "hwmon unknown/xe-pkg": "unknown",
        "hwmon unknown/i915_gt0-card": "unknown",
      ])
    #expect(try collector.series().joules("hwmon/0000:00:00.0/card") == 50)
  }

  @Test func theWholeOfAnAppleMachineIsThePlatform() throws {
    try host.chip(
      0, "macsmc_hwmon",
      [
        "power1_input": "20000000", "power1_label": "Total System Power", "power2_input": "1",
        "power2_label": "Heatpipe Power",
      ])
    let collector = try host.makeProvedCollector()
    collector.sample(at: .second)
    #expect(
      collector.roleNames == [
        "hwmon machine/macsmc_hwmon-Total_System_Power": "primary",
        "hwmon unknown/macsmc_hwmon-Heatpipe_Power": "unknown",
      ])
  }

  @Test func chipsOfOneNameAreToldApartByTheirDevices() throws {
    for (number, device) in [(5, "a"), (4, "b")] {
      try host.chip(number, "apm_xgene", ["power1_input": "\(number)000000", "power1_label": "CPU power"])
      try host.write("devices/\(device)/x", "")
      try FileManager.default.createSymbolicLink(
        atPath: host.path("class/hwmon/hwmon\(number)/device"), withDestinationPath: "../../../devices/\(device)")
    }
    let collector = try host.makeCollector()
    collector.sample(at: .second)
    let state = try collector.series()
    #expect(state.joules("hwmon/0/package-0") == 5)
    #expect(state.joules("hwmon/1/package-1") == 4)
    #expect(Set(collector.roleNames.values) == ["primary"])
  }

  @Test func chipThatTakesTheNumberOfOneThatIsGoneIsNotReadTwice() throws {
    try host.chip(0, "apm_xgene", ["power1_input": "5000000", "power1_label": "CPU power"])
    try host.chip(1, "apm_xgene", ["power1_input": "7000000", "power1_label": "CPU power"])
    let collector = try host.makeCollector()
    host.failRead(host.path("class/hwmon/hwmon0/power1_input"), ENODEV)
    try host.remove("class/hwmon/hwmon0")
    for step in 1...3 as ClosedRange<UInt64> { collector.sample(at: step * .second) }
    #expect(try collector.series().keys(of: "energy_joules") == ["hwmon/1/package-1"])
    #expect(try collector.series().joules("hwmon/1/package-1") == 21)
  }

  @Test func seriesAreBoundedAndPackagesAreTheLastToBeLeftOut() throws {
    var files: [String: String] = [:]
    for core in 0..<128 {
      files["energy\(core + 1)_input"] = "1"
      files["energy\(core + 1)_label"] = "Ecore\(core)"
    }
    files["energy129_input"] = "1"
    files["energy129_label"] = "Esocket0"
    try host.chip(0, "amd_energy", files)
    let collector = try host.makeProvedCollector()
    let zones = try collector.series().keys(of: "energy_joules")
    #expect(zones.count == 64)
    #expect(zones.contains("hwmon/0/package-0"))
    #expect(collector.warnings.contains { $0.contains("at most 64 sensors") && $0.contains("129") })
  }

  @Test(arguments: [
    ("VDD_CPU_GPU_CV", "VDD_CPU_GPU_CV"), ("CPU power", "CPU_power"), ("  a\"b\\c\n", "a_b_c"), ("Größe", "Gr_e"),
    ("***", ""),
  ])
  func labelsAreSanitized(label: String, name: String) {
    #expect(HwmonSource.sanitized(label) == name)
    #expect(HwmonSource.sanitized(String(repeating: "x", count: 300)).count == 48)
  }

  @Test func chipsWithoutEnergyAreNone() throws {
    try host.chip(0, "coretemp", ["temp1_input": "50000", "power1_cap": "1", "energy_input": "1", "powerx_input": "2"])
    #expect(host.failure()?.reason == .absent)
  }
}
