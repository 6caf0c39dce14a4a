import Collecting
import Energy
import Exposition
import Foundation
import Glibc
import Host
import Testing

@testable import Collectors

/// A machine whose activity the test sets.
final class StillActivity: ActivitySource {
  var now = MachineActivity(busySeconds: [0: 0])
  var failure: HostError?

  func read() throws(HostError) -> MachineActivity {
    if let failure { throw failure }
    return now
  }
}

/// Estimated energy.
@Suite struct EnergyModelTests {
  let host: EnergyFixture
  let activity = StillActivity()
  init() throws { host = try EnergyFixture() }

  private static var model: PowerModel {
    var model = PowerModel()
    model.idleWatts = 10
    model.idleWattsPerCPU = 0.5
    model.busyWatts = 8
    model.busyWattsPerCPU = 3
    model.joulesPerContextSwitch = 0.001
    model.joulesPerSystemCall = 0.0001
    model.joulesPerPacket = 0.01
    return model
  }

  @Test func nothingIsEstimatedUnasked() throws {
    #expect(host.failure()?.reason == .absent)
    #expect(host.failure()?.cure.contains("--energy.model") == true)
  }

  @Test func wattsFollowActivityOverTheTimeThatPassed() throws {
    activity.now = MachineActivity(busySeconds: [0: 100, 1: 50], contextSwitches: 7, packets: 8, systemCalls: 9)
    let collector = try host.makeCollector(model: Self.model, activity: activity)
    collector.sample(at: .second)
    // At rest: 10 W and 0.5 W for each of two CPUs.
    #expect(try collector.series().joules("model/0/package-0") == 11)
    activity.now = MachineActivity(
      busySeconds: [0: 102, 1: 51], contextSwitches: 1007, packets: 108, systemCalls: 10_009)
    collector.sample(at: 5 * .second)
    let state = try collector.series()
    // The 11 J from before, 44 J at rest, 3 s of CPUs at 3 and 8/2 W, 1000 switches, 100 packets, 10,000 calls.
    #expect(state.joules("model/0/package-0") == 79)
    #expect(state.watts("model/0/package-0") == 17)
    #expect(collector.roleNames == ["model 0/package-0": "primary"])
    #expect(state.keys(of: "power_watts") == ["model/0/package-0"])
  }

  @Test func failedReadingLosesNothing() throws {
    let collector = try host.makeCollector(model: Self.model, activity: activity)
    activity.now.busySeconds = [0: 1]
    activity.failure = .malformed(path: "stat", expected: "a cpu line", found: "")
    collector.sample(at: .second)
    #expect(try collector.series().joules("model/0/package-0") == 0)
    #expect(try collector.series().errors("model/0/package-0") == 1)
    activity.failure = nil
    activity.now.busySeconds = [0: 2]
    collector.sample(at: 2 * .second)
    #expect(try collector.series().joules("model/0/package-0") == 43)
  }

  @Test func countsThatFallInventNothing() throws {
    activity.now = MachineActivity(busySeconds: [0: 100, 1: 100], contextSwitches: 1000)
    let collector = try host.makeCollector(model: Self.model, activity: activity)
    // One CPU went offline and came back with its times reset; the switches were read torn.
    activity.now = MachineActivity(busySeconds: [0: 100, 1: 3], contextSwitches: 10)
    collector.sample(at: .second)
    #expect(try collector.series().joules("model/0/package-0") == 11)
  }

  @Test func eachPackageHasItsOwn() throws {
    try host.topology([0: 0, 1: 0, 2: 1])
    activity.now = MachineActivity(busySeconds: [0: 0, 1: 0, 2: 0])
    var model = PowerModel()
    model.idleWattsPerCPU = 1
    model.busyWattsPerCPU = 2
    model.joulesPerPacket = 1
    let collector = try host.makeCollector(model: model, activity: activity)
    activity.now = MachineActivity(busySeconds: [0: 1, 1: 0.5, 2: 0.25], packets: 10)
    collector.sample(at: .second)
    let state = try collector.series()
    #expect(state.joules("model/0/package-0") == 10)
    #expect(state.joules("model/1/package-1") == 6.5)
  }

  /// All CPUs of a package go offline, and come back: so does its estimate, which has nothing to prove.
  @Test func packageThatGoesAndComesBackIsEstimatedAgain() throws {
    try host.topology([0: 0, 1: 1])
    activity.now = MachineActivity(busySeconds: [0: 0, 1: 0])
    var model = PowerModel()
    model.idleWattsPerCPU = 1
    let collector = try host.makeCollector(model: model, activity: activity)
    collector.sample(at: .second)
    #expect(try collector.series().joules("model/1/package-1") == 1)
    try host.write("devices/system/cpu/online", "0\n")
    activity.now = MachineActivity(busySeconds: [0: 0])
    collector.sample(at: 61 * .second)
    #expect(try collector.series().joules("model/1/package-1") == nil)
    try host.write("devices/system/cpu/online", "0-1\n")
    activity.now = MachineActivity(busySeconds: [0: 0, 1: 0])
    for step in 62...64 as ClosedRange<UInt64> { collector.sample(at: step * .second) }
    #expect(try collector.series().joules("model/1/package-1") != nil)
    #expect(collector.roleNames["model 1/package-1"] == "primary")
  }

  /// Whatever the period, the same joules: rounding does not add up.
  @Test func periodDoesNotMatter() throws {
    var model = PowerModel()
    model.idleWatts = 1.0 / 3
    let collector = try host.makeCollector(model: model, activity: activity)
    for step in 1...10_000 as ClosedRange<UInt64> { collector.sample(at: step * 1_234_567) }
    let joules = try #require(try collector.series().joules("model/0/package-0"))
    #expect(abs(joules - 12.34567 / 3) <= 0.000002)
  }

  @Test func kernelsCountsAreRead() throws {
    let ticks = Kernel.ticksPerSecond
    try host.write(
      "stat",
      """
      cpu  9 9 9 9 9 9 9 9 9 9
      cpu0 \(ticks) \(2 * ticks) \(3 * ticks) 999 999 \(4 * ticks) \(5 * ticks) 777 \(ticks) 0
      cpu2 \(ticks) 0 0 0 0 0 0 0 0 0
      ctxt 42
      btime 1
      processes 1

      """)
    try host.write(
      "net/dev",
      """
      Inter-|   Receive                                                |  Transmit
       face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
          lo: 1000     500    0    0    0     0          0         0  1000     500    0    0    0     0       0          0
        eth0:123456    70    0    0    0     0          0         0   98765    30    0    0    0     0       0          0
         br0: 1         5    0    0    0     0          0         0   1         5    0    0    0     0       0          0

      """)
    let activity = KernelActivity(paths: host.paths, systemCalls: { 17 })
    var read = try activity.read()
    #expect(read == MachineActivity(busySeconds: [0: 15, 2: 1], contextSwitches: 42, packets: 110, systemCalls: 17))
    // A packet through a bridge is not another one.
    try host.write("devices/eth0/x", "")
    try FileManager.default.createDirectory(atPath: host.path("class/net/eth0"), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: host.path("class/net/eth0/device"), withDestinationPath: "../../../devices/eth0")
    read = try activity.read()
    #expect(read.packets == 100)
    try host.write("net/dev", "a\nb\n  eth0: x\n")
    #expect(throws: HostError.self) { try activity.read() }
  }

  @Test func systemCallsCountWhereSomebodyCountsThem() throws {
    try host.write("stat", "cpu 1 0 0 0\ncpu0 1 0 0 0\nctxt 0\nbtime 1\nprocesses 1\n")
    try host.write("net/dev", "a\nb\n")
    #expect(try KernelActivity(paths: host.paths, systemCalls: nil).read().systemCalls == 0)
  }
}

extension EnergyFixture {
  /// CPUs that are online, with the package of each.
  func topology(_ packages: [Int: Int]) throws {
    let list = packages.keys.sorted().map(String.init).joined(separator: ",")
    try write("devices/system/cpu/online", list + "\n")
    try write("devices/system/cpu/possible", list + "\n")
    for (cpu, package) in packages {
      try write("devices/system/cpu/cpu\(cpu)/topology/physical_package_id", "\(package)\n")
    }
  }
}
