import Fixtures
import Glibc
import Testing

@testable import Collectors

/// Sensors whose drivers never answer, as the end of a FIFO that nobody writes to.
@Suite struct HangingSensorTests {
  private let host: EnergyFixture
  init() throws { host = try EnergyFixture(patience: 500) }

  private func hang(_ file: String) throws {
    try? host.remove(file)
    #expect(mkfifo(host.path(file), 0o600) == 0)
  }

  @Test func oneThatHangsAtTheStartIsLeftOut() throws {
    try host.zone("intel-rapl:0", "package-0", 1_000_000)
    try host.chip(0, "power_meter", ["power1_average": "1"])
    try hang("class/hwmon/hwmon0/power1_average")
    let collector = try host.makeProvedCollector()
    try host.set("intel-rapl:0", 2_000_000)
    collector.sample(at: .second)
    let series = try collector.series()
    #expect(series.keys(of: "energy_joules") == ["rapl/0/package-0"])
    #expect(series.joules("rapl/0/package-0") == 1)
    #expect(series.errors("hwmon/machine/power_meter-power1")! > 0)
    #expect(collector.roleNames == ["rapl 0/package-0": "primary"])
  }

  /// Whatever is read while sensors are looked for: the others are found.
  @Test(arguments: ["hwmon/hwmon0/name", "power_supply/BAT0/type", "power_supply/BAT0/status"])
  func aDriverThatHangsWhileSensorsAreLookedForIsNotWaitedFor(file: String) throws {
    try host.zone("intel-rapl:0", "package-0", 1_000_000)
    try host.chip(0, "power_meter", ["power1_average": "1"])
    try host.battery("BAT0", ["status": "Discharging", "energy_now": "50000000"])
    try hang("class/\(file)")
    let collector = try host.makeProvedCollector()
    try host.set("intel-rapl:0", 2_000_000)
    collector.sample(at: .second)
    #expect(try collector.series().joules("rapl/0/package-0") == 1)
  }

  /// A counter that hangs for a while loses nothing: its next reading covers the time.
  @Test func whatComesBackIsMadeUpFor() throws {
    try host.chip(0, "amd_energy", ["energy1_input": "1000000", "energy1_label": "Esocket0"])
    let file = "class/hwmon/hwmon0/energy1_input"
    let collector = try host.makeProvedCollector()
    // it is read by a descriptor that is open: opened anew after a failure
    host.failRead(host.path(file), EIO)
    collector.sample(at: .second)
    host.failRead(host.path(file), nil)
    try hang(file)
    for second in 2...5 as ClosedRange<UInt64> { collector.sample(at: second * .second) }
    #expect(try collector.series().watts("hwmon/0/package-0") == nil)
    // somebody writes, and the reading that hung comes back
    let descriptor = open(host.path(file), O_RDWR)
    defer { close(descriptor) }
    try? host.remove(file)
    try host.write(file, "61000000\n")
    var second: UInt64 = 5
    while try collector.series().joules("hwmon/0/package-0") != 60, second < 10000 {
      second += 1
      collector.sample(at: second * .second)
      usleep(1000)
    }
    #expect(try collector.series().joules("hwmon/0/package-0") == 60)
  }
}
