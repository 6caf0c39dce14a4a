import Energy
import Foundation
import Glibc
import Host
import Machine
import Testing

@testable import Collectors

extension KernelTests {
  /// A sensor whose counter follows a known model of power, read beside the real kernel: whose joules come out must be those
  /// that the model gave to the run time of each.
  @Suite(.serialized) struct EnergyAttributionTests {
    private static func choose(_ options: inout CollectorOptions, _ sensor: ModelledSensor) {
      options.paths = HostPaths(procfs: "/proc", sysfs: sensor.path)
      options.energy.idleMicrowatts = ModelledSensor.idleMicrowatts
      // nobody goes away: what is shown is all there is
      options.process.limit = 2000
      options.process.graceNanoseconds = 3600 * .second
      options.cgroup.limit = 1000
      options.cgroup.graceNanoseconds = 3600 * .second
    }

    private let sensor: ModelledSensor
    private let collectors: LiveCollectors

    init() throws {
      let sensor = try ModelledSensor()
      self.sensor = sensor
      collectors = try LiveCollectors(["process", "cgroup", "energy"]) { Self.choose(&$0, sensor) }
    }

    /// The end of a window, and what is shown after it.
    private func window() throws -> Reading {
      try sensor.advance()
      _ = try collectors.read()
      return try collectors.scrape()
    }

    /// The same, with what the kernel says just before and after.
    private func window<Figures>(beside figures: () throws -> Figures) throws -> Moment<Figures> {
      let before = try figures()
      try sensor.advance()
      _ = try collectors.read()
      let after = try figures()
      return Moment(before: before, reading: try collectors.scrape(), after: after)
    }

    /// The end of a window whose energy is shared out: one that ends too soon after the last pass is shared out with the next.
    private func settledWindow() throws -> Reading {
      var reading = try window()
      for _ in 0..<20 where reading.sum("energy_attributed_joules") != reading.sum("energy_joules") {
        pause(seconds: 0.5)
        reading = try window()
      }
      return reading
    }

    private func admit(_ pids: pid_t...) throws {
      for _ in 0..<100 {
        let reading = try window()
        if pids.allSatisfy({ reading.series("process_energy_joules", ["pid": "\($0)"]) == 1 }) { return }
        pause(seconds: 0.12)
      }
      Issue.record("\(pids) have no series")
    }

    /// One always runs as far as it may, the other half of the time.
    @Test func joulesOfTwoLoadsAreThoseOfTheModel() throws {
      let loads = [try Load("spin", 60_000), try Load("bursts", 100_000, 10_000, 10_000)]
      for load in loads { load.begin() }
      try admit(loads[0].pid, loads[1].pid)
      // a window that ends too soon after the last one is shared out with the next
      pause(seconds: 0.6)
      let from = try window { try loads.map { try cpuTime($0.pid) } }
      for _ in 0..<20 {
        pause(seconds: 0.25)
        _ = try window()
      }
      pause(seconds: 0.6)
      let change = Change(from: from, to: try window { try loads.map { try cpuTime($0.pid) } })
      for (index, load) in loads.enumerated() {
        let ran = change.kernel { $0[index] }
        expectAgreement(
          "µJ of load \(index)", change.sum("process_energy_joules", ["pid": "\(load.pid)"]),
          ModelledSensor.microjoules(ran.lowerBound)...ModelledSensor.microjoules(ran.upperBound), within: 0.02)
      }
      try expectConservation(change.to.reading)
    }

    /// Σ over processes, and over control groups, is what the package gave to processes; with the kernel's, the idle power
    /// and what is left it is all that was measured: to the microjoule.
    private func expectConservation(_ reading: Reading) throws {
      let processes = reading.sum("energy_attributed_joules", ["to": "processes"])
      #expect(processes > 0)
      #expect(reading.sum("process_energy_joules") == processes)
      #expect(reading.sum("cgroup_energy_joules") == processes)
      #expect(reading.sum("energy_attributed_joules") == reading.sum("energy_joules"))
    }

    @Test func sumsAreExactWithEveryWindow() throws {
      let load = try Load("spin", 60_000)
      let brief = try Load("short-lives", 100_000, 2_000, 2)
      load.begin()
      brief.begin()
      try admit(load.pid)
      for _ in 0..<10 {
        pause(seconds: 0.5)
        try expectConservation(try window())
      }
    }

    /// Ten thousand processes of 20 ms each, of which no pass sees more than a few.
    @Test func shortLivesAreFullyAccountedInTheirGroup() throws {
      let group = try ControlGroup("/wattprobe-test-energy-\(getpid())")
      let spinner = try Load("spin", 60_000)
      try group.take(spinner.pid)
      spinner.begin()
      for _ in 0..<100 where try window().series("cgroup_energy_joules", ["cgroup": group.path]) == 0 {
        pause(seconds: 0.12)
      }
      spinner.kill()
      // the kernel lets go of dead processes a little later
      pause(seconds: 0.5)
      let load = try Load("short-lives", 10_000, 20_000, 2 * usableCPUs.count)
      try group.take(load.pid)
      let start = try group.usage()
      let from = try window()
      load.begin()
      for _ in 0..<2000 where try group.usage() - start < 200_000_000_000 {
        pause(seconds: 1)
        _ = try window()
      }
      try load.waitUntilDone()
      pause(seconds: 0.5)
      _ = try window()
      let ran = try group.usage() - start
      let to = try settledWindow()
      let labels = ["cgroup": group.path]
      let energy = to.sum("cgroup_energy_joules", labels) - from.sum("cgroup_energy_joules", labels)
      expectAgreement(
        "µJ of short lives that ran \(ran) ns", energy, .init(about: ModelledSensor.microjoules(ran)), within: 0.02)
      try expectConservation(to)
    }

    /// It holds its CPU by right of its policy: what it runs is known from the ticks alone. Each window may be wrong by a
    /// tick, but no tick is lost.
    @Test func loopThatNeverSwitchesHasEnergyInEveryWindow() throws {
      let cpu = try #require(usableCPUs.last)
      let load = try Load("spin", 60_000, policy: .fifo, cpu: cpu)
      load.begin()
      try admit(load.pid)
      let labels = ["pid": "\(load.pid)"]
      // the first pass after its admission is where a process' counters begin
      for _ in 0..<2 {
        pause(seconds: 0.5)
        _ = try window()
      }
      pause(seconds: 0.5)
      var before = try window { try Self.lag(load.pid) }
      let from = before
      var worst: UInt64 = 0
      var windows = 0
      for _ in 0..<200 where windows < 50 {
        pause(seconds: 0.4)
        let moment = try window { try Self.lag(load.pid) }
        // one that ends too soon after the last pass is shared out with the next
        if moment.reading.sum("energy_attributed_joules") != moment.reading.sum("energy_joules") { continue }
        windows += 1
        let energy = [before, moment].map { $0.reading.sum("process_energy_joules", labels) }
        #expect(energy[1] > energy[0])
        before = moment
        worst = max(worst, moment.after.clock.subtracting(moment.after.schedstat))
      }
      #expect(windows == 50)
      if ProcessInfo.processInfo.environment["WATTPROBE_SHOW_FIGURES"] != nil {
        print("schedstat of a running task was at most \(worst) ns behind its CPU clock")
      }
      let change = Change(from: from, to: before)
      // what was shown may be that of a pass that a scrape made a little later
      expectAgreement(
        "run time of a loop", change.sum("process_cpu_seconds", labels), change.kernel(\.clock), within: 0.01,
        slack: 30_000_000)
    }

    /// What two ways of asking the kernel say a process ran: up to this moment, and up to its last tick or switch.
    private static func lag(_ pid: pid_t) throws -> (clock: UInt64, schedstat: UInt64) {
      let schedstat = try SchedulingFigures(pid).ran
      return (try cpuTime(pid), schedstat)
    }
  }
}
