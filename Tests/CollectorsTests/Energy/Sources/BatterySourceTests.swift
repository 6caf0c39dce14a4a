import Collecting
import Energy
import Exposition
import Foundation
import Glibc
import Testing

@testable import Collectors

/// Batteries.
@Suite struct BatterySourceTests {
  let host: EnergyFixture
  init() throws { host = try EnergyFixture() }

  private func set(_ file: String, _ text: String) throws {
    try host.write("class/power_supply/BAT0/\(file)", text + "\n")
  }

  @Test func levelThatFallsIsEnergyUsed() throws {
    try host.battery("BAT0", ["status": "Discharging", "energy_now": "50000000", "power_now": "1"])
    let collector = try host.makeCollector()
    try set("energy_now", "49990000")
    collector.sample(at: 2 * .second)
    let state = try collector.series()
    // 10 mWh
    #expect(state.joules("battery/machine/BAT0") == 36)
    #expect(state.watts("battery/machine/BAT0") == 18)
    #expect(collector.roleNames == ["battery machine/BAT0": "primary"])
  }

  @Test func chargeCountsAtTheVoltageItFlowedAt() throws {
    try host.battery("BAT0", ["status": "Discharging", "charge_now": "3000000", "voltage_now": "12000000"])
    let collector = try host.makeCollector()
    try set("charge_now", "2999000")
    try set("voltage_now", "11000000")
    collector.sample(at: .second)
    // 1 mAh at 11.5 V
    #expect(try collector.series().joules("battery/machine/BAT0") == 41.4)
  }

  @Test func powerIsIntegratedWhereThereIsNoLevel() throws {
    try host.battery("BAT0", ["status": "Discharging", "power_now": "8000000"])
    let collector = try host.makeCollector()
    try set("power_now", "10000000")
    collector.sample(at: 2 * .second)
    #expect(try collector.series().joules("battery/machine/BAT0") == 18)
  }

  @Test(arguments: ["Charging", "Full", "Not charging", "Unknown"], ["energy_now", "power_now"])
  func onTheMainsItIsAbsent(status: String, gauge: String) throws {
    try host.battery("BAT0", ["status": status, gauge: "50000000"])
    let collector = try host.makeCollector()
    collector.sample(at: .second)
    var state = try collector.series()
    #expect(state.keys(of: "energy_joules").isEmpty)
    #expect(state.keys(of: "power_watts").isEmpty)
    #expect(state.errors("battery/machine/BAT0") == nil)
    // What it gives is counted from the first reading after it was unplugged.
    try set("status", "Discharging")
    try set(gauge, "40000000")
    collector.sample(at: 2 * .second)
    #expect(try collector.series().joules("battery/machine/BAT0") == nil)
    try set(gauge, gauge == "energy_now" ? "39990000" : "32000000")
    collector.sample(at: 3 * .second)
    state = try collector.series()
    #expect(state.joules("battery/machine/BAT0") == 36)
    // Plugged in again, in the meantime: absent, and what it was is there afterwards.
    try set("status", status)
    collector.sample(at: 4 * .second)
    #expect(try collector.series().joules("battery/machine/BAT0") == nil)
    #expect(try collector.series().watts("battery/machine/BAT0") == nil)
    try set("status", "Discharging")
    try set(gauge, "5")
    collector.sample(at: 5 * .second)
    #expect(try collector.series().joules("battery/machine/BAT0") == 36)
    #expect(try collector.series().errors("battery/machine/BAT0") == 0)
  }

  @Test func levelThatRisesWhileDischargingIsHeldAndCounted() throws {
    try host.battery("BAT0", ["status": "Discharging", "energy_now": "50000000"])
    let collector = try host.makeCollector()
    try set("energy_now", "50010000")
    collector.sample(at: .second)
    #expect(try collector.series().errors("battery/machine/BAT0") == 1)
    try set("energy_now", "50000000")
    collector.sample(at: 2 * .second)
    #expect(try collector.series().joules("battery/machine/BAT0") == 36)
  }

  /// Firmware that has no figure for a moment: an empty battery, all ones, a voltage of nobody's.
  @Test(arguments: ["0", "18446744073709551615", "9223372036854775808"], ["energy_now", "charge_now", "voltage_now"])
  func nonsenseOfOneMomentIsNoEnergy(text: String, file: String) throws {
    let gauge = file == "energy_now" ? "energy_now" : "charge_now"
    try host.battery("BAT0", ["status": "Discharging", gauge: "50000000", "voltage_now": "12000000"])
    let collector = try host.makeCollector()
    try set(gauge, "49999000")
    collector.sample(at: .second)
    let before = try #require(try collector.series().joules("battery/machine/BAT0"))
    for step in 2...4 as ClosedRange<UInt64> {
      try set(file, text)
      collector.sample(at: step * 10 * .second)
      try set(gauge, "49999000")
      try set("voltage_now", "12000000")
      collector.sample(at: (step * 10 + 1) * .second)
    }
    let after = try #require(try collector.series().joules("battery/machine/BAT0"))
    #expect(after == before)
    if file != "voltage_now" { #expect(try collector.series().errors("battery/machine/BAT0")! >= 3) }
  }

  @Test func textAndErrorsAreHeld() throws {
    try host.battery("BAT0", ["status": "Discharging", "energy_now": "50000000"])
    let collector = try host.makeCollector()
    try set("energy_now", "unknown")
    collector.sample(at: .second)
    #expect(try collector.series().errors("battery/machine/BAT0") == 1)
    try set("energy_now", "49980000")
    collector.sample(at: 2 * .second)
    #expect(try collector.series().joules("battery/machine/BAT0") == 72)
  }

  @Test func suppliesThatAreNoBatteryOfTheMachineAreNone() throws {
    try host.write("class/power_supply/AC/type", "Mains\n")
    try host.write("class/power_supply/AC/status", "Discharging\n")
    try host.write("class/power_supply/AC/energy_now", "1\n")
    try host.battery("hidpp_battery_0", ["status": "Discharging", "energy_now": "1", "scope": "Device"])
    try host.battery("BAT1", ["status": "Discharging", "capacity": "80"])
    #expect(host.failure()?.reason == .absent)
  }
}
