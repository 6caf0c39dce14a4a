import Fixtures
import Testing

@testable import Host

@Suite struct SensorTests {
  let tree: TemporaryTree
  init() throws { tree = try TemporaryTree() }

  @Test func machineWithoutHwmonHasNoSensor() {
    #expect(HwmonSensor.discover(paths: tree.paths).found.isEmpty)
    #expect(HwmonSensor.discover(paths: tree.paths).problems.isEmpty)
  }

  @Test func channelsAreInTheOrderOfTheirNumbers() throws {
    try tree.write("class/hwmon/hwmon7/name", "ina3221\n")
    for number in [10, 2, 1] {
      try tree.write("class/hwmon/hwmon7/power\(number)_input", "1\n")
      try tree.write("class/hwmon/hwmon7/power\(number)_label", "rail \(number)\n")
    }
    try tree.write("class/hwmon/hwmon7/power2_average", "1\n")
    try tree.write("class/hwmon/hwmon7/power1_max", "1\n")
    try tree.write("class/hwmon/hwmon7/energy1_input", "1\n")
    let sensors = HwmonSensor.discover(paths: tree.paths).found
    #expect(sensors.map(\.channel) == ["energy1", "power1", "power2", "power10"])
    #expect(sensors.map(\.kind) == [.energy, .power, .meanPower, .power])
    #expect(sensors.map(\.label) == [nil, "rail 1", "rail 2", "rail 10"])
    #expect(sensors[2].path == tree.path("class/hwmon/hwmon7/power2_average"))
  }

  @Test func batteriesAreThoseOfTheMachine() throws {
    for (name, type, files) in [
      ("AC", "Mains", ["online"]), ("BAT1", "Battery", ["status", "charge_now", "voltage_now", "power_now"]),
      ("BAT0", "Battery", ["status", "energy_now", "charge_now", "voltage_now"]),
      ("BAT2", "Battery", ["status", "power_now"]),
      ("BAT3", "Battery", ["energy_now"]), ("BAT4", "Battery", ["status", "charge_now"]),
    ] {
      try tree.write("class/power_supply/\(name)/type", type + "\n")
      for file in files { try tree.write("class/power_supply/\(name)/\(file)", "1\n") }
    }
    let batteries = Battery.discover(paths: tree.paths).found
    #expect(batteries.map(\.name) == ["BAT0", "BAT1", "BAT2"])
    #expect(batteries.map(\.gauge) == [.energy, .charge, .power])
  }
}
