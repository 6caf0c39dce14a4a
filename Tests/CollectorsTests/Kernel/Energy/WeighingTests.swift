import Energy
import Foundation
import Glibc
import Host
import Machine
import Testing

@testable import Collectors

extension KernelTests {
  /// What tasks are weighed to by package, by siblings and by cycles: on the running kernel, with the topology and the sensors
  /// of a machine that this one is not.
  @Suite(.serialized) struct WeighingTests {
    /// Packages whose counters a test advances, and CPUs that are where it puts them.
    private final class Fixture {
      private let host: EnergyFixture
      /// What each package draws, in watts, and what it drew so far, in microjoules.
      private let watts: [Int: UInt64]
      private(set) var counters: [Int: UInt64] = [:]
      private let start = MonotonicClock.now

      /// - Parameters:
      ///   - packages: by CPU.
      ///   - siblings: the list of each core's CPUs, by CPU.
      ///   - watts: what each package draws, whatever runs; 10 where it is not said.
      init(packages: [Int: Int], siblings: [Int: String] = [:], watts: [Int: UInt64] = [:]) throws {
        self.watts = Dictionary(uniqueKeysWithValues: Set(packages.values).map { ($0, watts[$0] ?? 10) })
        host = try EnergyFixture()
        try host.topology(packages: packages, siblings: siblings)
        for package in self.watts.keys { try host.zone("intel-rapl:\(package)", "package-\(package)", 1_000_000) }
        try advance()
      }

      /// Brings the counters up to now.
      func advance() throws {
        for (package, watts) in watts {
          counters[package] = watts * (MonotonicClock.now - start) / 1000
          try host.set("intel-rapl:\(package)", 1_000_000 + counters[package]!)
        }
      }

      func collectors(
        _ names: Set<String> = [], _ change: (inout CollectorOptions) -> Void = { _ in }
      ) throws -> LiveCollectors {
        try LiveCollectors(names.union(["cpu", "process", "cgroup", "energy"])) {
          $0.paths = HostPaths(procfs: "/proc", sysfs: host.root)
          $0.energy.idleMicrowatts = 0
          $0.process.limit = 2000
          $0.process.graceNanoseconds = 3600 * .second
          change(&$0)
        }
      }
    }

    /// The first two CPUs this process may use.
    private let cpus: (Int, Int)

    init() throws {
      try #require(usableCPUs.count >= 2)
      cpus = (usableCPUs[0], usableCPUs[1])
    }

    /// The end of a window whose energy is shared out: one that ends too soon after the last pass is with the next.
    private func window(of machine: Fixture, _ collectors: LiveCollectors) throws -> Reading {
      for _ in 0..<20 {
        try machine.advance()
        _ = try collectors.read()
        let reading = try collectors.scrape()
        if reading.sum("energy_attributed_joules") == reading.sum("energy_joules") { return reading }
        pause(seconds: 0.3)
      }
      throw Load.Failed(what: "no window was shared out")
    }

    /// What processes used in some windows, in microjoules, and how long they ran, in nanoseconds.
    private struct Used {
      let energy: [UInt64]
      let ran: [UInt64]
      /// How long the windows were.
      let elapsed: UInt64
      /// How long CPUs were busy in them.
      let busy: [Int: UInt64]
      /// What packages used in them.
      let packages: [Int: UInt64]

      /// What one that ran on the only CPU of a package may have used of its energy: at least its share of the time, which others had the
      /// rest of, at most all, where nobody had.
      func share(_ index: Int, ofPackage package: Int) -> ClosedRange<UInt64> {
        let energy = packages[package] ?? 0
        return UInt64(Double(energy) * min(1, Double(ran[index]) / Double(elapsed)))...energy
      }
    }

    /// What each of `pids` used in `windows` of them, after all have series: something in each, unless that may not be.
    private func energies(
      of pids: [pid_t], on machine: Fixture, _ collectors: LiveCollectors, windows: Int = 8, alwaysGrow: Bool = true
    ) throws -> Used {
      func shown(_ reading: Reading) -> [UInt64] {
        pids.map { reading.sum("process_energy_joules", ["pid": "\($0)"]) }
      }
      for _ in 0..<50 {
        let reading = try window(of: machine, collectors)
        if pids.allSatisfy({ reading.series("process_energy_joules", ["pid": "\($0)"]) == 1 }) { break }
        pause(seconds: 0.12)
      }
      // the first pass after their admission is where counters begin
      pause(seconds: 0.6)
      var before = try window(of: machine, collectors)
      pause(seconds: 0.6)
      before = try window(of: machine, collectors)
      let from = (time: MonotonicClock.now, ran: try pids.map { try cpuTime($0) }, packages: machine.counters)
      var after = before
      for _ in 0..<windows {
        pause(seconds: 0.5)
        let last = shown(after)
        after = try window(of: machine, collectors)
        for (one, next) in zip(last, shown(after)) { #expect(next > one || !alwaysGrow) }
      }
      let ran = try zip(pids, from.ran).map { try cpuTime($0) - $1 }
      let elapsed = MonotonicClock.now - from.time
      func busy(_ cpu: Int) -> UInt64 {
        let idle = ["cpu": "\(cpu)", "mode": "idle"]
        return elapsed.subtracting(after.sum("cpu_seconds", idle) - before.sum("cpu_seconds", idle))
      }
      return Used(
        energy: zip(shown(after), shown(before)).map { $0 - $1 }, ran: ran, elapsed: elapsed,
        busy: [cpus.0: busy(cpus.0), cpus.1: busy(cpus.1)],
        packages: machine.counters.merging(from.packages) { $0 - $1 })
    }

    @Test func eachPackagesEnergyGoesToThoseThatRanOnIt() throws {
      let machine = try Fixture(packages: [cpus.0: 0, cpus.1: 1], watts: [1: 30])
      let collectors = try machine.collectors()
      #expect(try collectors.programs(SchedulerPrograms.self).weighing?.lanes.packages == [0, 1])
      let loads = try [cpus.0, cpus.1].map { try Load("spin", 60_000, nice: -20, cpu: $0) }
      for load in loads { load.begin() }
      let used = try energies(of: loads.map(\.pid), on: machine, collectors)
      for package in 0...1 {
        expectAgreement(
          "µJ on package \(package)", used.energy[package], used.share(package, ofPackage: package), within: 0.02)
      }
    }

    @Test func equalLoopsOnSiblingsUseEqualEnergy() throws {
      let core = "\(cpus.0),\(cpus.1)"
      let machine = try Fixture(packages: [cpus.0: 0, cpus.1: 0], siblings: [cpus.0: core, cpus.1: core])
      let collectors = try machine.collectors()
      let loads = try [cpus.0, cpus.1].map { try Load("spin", 60_000, nice: -20, cpu: $0) }
      for load in loads { load.begin() }
      let used = try energies(of: loads.map(\.pid), on: machine, collectors)
      // what little else runs takes from the one or the other
      expectAgreement(
        "µJ of the second loop", used.energy[1],
        .init(about: UInt64(Double(used.energy[0]) * Double(used.ran[1]) / Double(used.ran[0]))), within: 0.02)
    }

    /// One runs half of the time, and always beside the other, which is alone for the rest: their weights are as 0.775 to
    /// 0.275. Where siblings do not matter, as 2 to 1.
    @Test(arguments: [0.55, 0.9, 1])
    func timeBesideABusySiblingCountsLess(weight: Double) throws {
      let core = "\(cpus.0)-\(cpus.1)"
      let machine = try Fixture(packages: [cpus.0: 0, cpus.1: 0], siblings: [cpus.0: core, cpus.1: core])
      let collectors = try machine.collectors { $0.energy.siblingWeight = weight }
      #expect((try collectors.programs(SchedulerPrograms.self).weighing == nil) == (weight == 1))
      let loads = [
        try Load("spin", 60_000, nice: -20, cpu: cpus.0),
        try Load("bursts", 1_000_000, 10_000, 10_000, nice: -20, cpu: cpus.1),
      ]
      for load in loads { load.begin() }
      // where the kernel passes by the program as a burst ends, that one counts in full
      try expectAgreementUndisturbed(tries: 6) {
        let used = try energies(of: loads.map(\.pid), on: machine, collectors)
        let ran = used.ran.map { Double($0) }
        // the loop is beside what runs there, whoever it is, for as long as it runs itself
        let elapsed = Double(used.elapsed), beside = Double(used.busy[cpus.1]!)
        let overlap = max(0, beside - (elapsed - ran[0]))...min(beside, ran[0])
        func expected(_ overlap: Double) -> UInt64 {
          UInt64((ran[0] - (1 - weight) * overlap) / (weight * ran[1]) * Double(used.energy[1]))
        }
        return [
          disagreement(
            "µJ of the loop beside bursts, siblings at \(weight)", used.energy[0],
            expected(overlap.upperBound)...expected(overlap.lowerBound), within: 0.05)
        ]
      }
    }

    /// Context switches in place of cycles: who makes more of them has more of the energy, whoever ran longer.
    @Test func cyclesWeighWhereTheyAreCounted() throws {
      let machine = try Fixture(packages: [cpus.0: 0, cpus.1: 0])
      let collectors = try machine.collectors(["pmu"]) {
        $0.pmu.source = { PerfEventSource(type: 1, config: $0 == .cycles ? 3 : 9_999) }
      }
      let scheduler = try collectors.programs(SchedulerPrograms.self)
      #expect(scheduler.weighing?.countsCycles == true)
      let loads = [
        try Load("spin", 60_000, nice: -20, cpu: cpus.0),
        try Load("bursts", 100_000_000, 100, 100, nice: -20, cpu: cpus.1),
      ]
      for load in loads { load.begin() }
      let used = try energies(of: loads.map(\.pid), on: machine, collectors, alwaysGrow: false)
      #expect(used.ran[0] > used.ran[1])
      #expect(used.energy[1] > 5 * used.energy[0])
    }

    /// Two loops use the same, also where the cycles of one's CPU are no longer counted: it weighs what it did before.
    @Test func taskOnACPUWhoseEventEndedWeighsAsBefore() throws {
      let machine = try Fixture(packages: [cpus.0: 0, cpus.1: 0])
      let collectors = try machine.collectors(["pmu"]) {
        // the time of the CPU
        $0.pmu.source = { PerfEventSource(type: 1, config: $0 == .cycles ? 0 : 9_999) }
        $0.pmu.open = { _, _, _, _ in -EACCES }
      }
      let loads = try [cpus.0, cpus.1].map { try Load("spin", 60_000, nice: -20, cpu: $0) }
      for load in loads { load.begin() }
      // what it had before is learned from whole slices: of the short ones of a CPU that was idle the stand-in counts
      // more time than the scheduler
      pause(seconds: 2)
      let descriptor = try #require(
        try collectors.context.kernel.processorEvents().descriptor(of: .cycles, cpu: cpus.1))
      // PERF_EVENT_IOC_DISABLE: it can be read and stands still, as those of a CPU that went offline
      #expect(ioctl(descriptor, 0x2401, 0) == 0)
      let used = try energies(of: loads.map(\.pid), on: machine, collectors)
      expectAgreement(
        "µJ of the second loop", used.energy[1],
        .init(about: UInt64(Double(used.energy[0]) * Double(used.ran[1]) / Double(used.ran[0]))), within: 0.05)
    }

    /// It holds its CPU by right of its policy, and has its part of every window.
    @Test func loopThatNeverSwitchesIsWeighedInEveryWindow() throws {
      let machine = try Fixture(packages: [cpus.0: 0, cpus.1: 1])
      let collectors = try machine.collectors()
      let load = try Load("spin", 60_000, policy: .fifo, cpu: cpus.1)
      load.begin()
      let used = try energies(of: [load.pid], on: machine, collectors, windows: 20)
      expectAgreement("µJ of a loop", used.energy[0], used.share(0, ofPackage: 1), within: 0.02)
    }

    /// Threads that end between two passes leave what they did to their process.
    @Test func endedThreadsCountForTheirProcess() throws {
      let machine = try Fixture(packages: [cpus.0: 0, cpus.1: 1])
      let collectors = try machine.collectors()
      let loads = [
        try Load("brief-threads", 1_000_000, 2_000, 1, nice: -20, cpu: cpus.1),
        try Load("spin", 60_000, nice: -20, cpu: cpus.1),
      ]
      for load in loads { load.begin() }
      let used = try energies(of: loads.map(\.pid), on: machine, collectors)
      // in the kernel's own figure of the process those that ended are, too
      expectAgreement(
        "µJ of a process with brief threads", used.energy[0],
        .init(about: UInt64(Double(used.energy[1]) * Double(used.ran[0]) / Double(used.ran[1]))), within: 0.03)
    }

    /// Of which no pass sees more than a few, on both packages.
    @Test func shortLivesAreWeighedToTheirRunTime() throws {
      let machine = try Fixture(packages: [cpus.0: 0, cpus.1: 1])
      let collectors = try machine.collectors()
      let group = try ControlGroup("/wattprobe-test-weights-\(getpid())")
      let load = try Load("short-lives", 400, 10_000, 4)
      try group.take(load.pid)
      let start = try group.usage()
      load.begin()
      try load.waitUntilDone()
      // the kernel lets go of dead processes a little later
      pause(seconds: 0.5)
      _ = try window(of: machine, collectors)
      let ran = try group.usage() - start
      let groups = try collectors.context.kernel.tasks().groups?.groups ?? []
      let ended = try #require(
        groups.filter { !$0.isFree }.min {
          $0.total.distance(to: ran).magnitude < $1.total.distance(to: ran).magnitude
        })
      // who starts them and waits for them lives
      expectAgreement("run time of short lives", ended.total, .init(about: ran), within: 0.02)
      #expect(ended.dead > ran / 10 * 9)
      let weights = ended.deadWeights.processes
      expectAgreement("weights of short lives", weights.wrappedSum(), .init(about: ended.dead), within: 0.005)
      #expect(weights[0] > ran / 10 && weights[1] > ran / 10)
    }

    /// What a process did goes on where another thread takes its leader's place.
    @Test func execByAThreadLosesNothing() throws {
      let machine = try Fixture(packages: [cpus.0: 0, cpus.1: 1])
      let collectors = try machine.collectors()
      let load = try Load("exec-by-thread", 3_000_000, nice: -20, cpu: cpus.1)
      load.begin()
      var energy: [UInt64] = []
      let labels = ["pid": "\(load.pid)"]
      let before = try cpuTime(load.pid)
      // from before the exec to well after it
      while try cpuTime(load.pid) - before < 5_000_000_000, energy.count < 100 {
        pause(seconds: 0.25)
        let reading = try window(of: machine, collectors)
        energy.append(reading.sum("process_energy_joules", labels))
      }
      for (one, next) in zip(energy, energy.dropFirst()) { #expect(next >= one) }
      // of all that was divided it had its part before and after
      let middle = energy.count / 2
      #expect(energy[middle] > 0 && energy.last! > energy[middle] * 3 / 2)
    }
  }
}
