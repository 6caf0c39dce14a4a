import Collecting
import Glibc
import Host
import Logging
import Testing

@testable import Collectors

extension KernelTests {
  /// The PMU's code over software events, whose counts the kernel keeps elsewhere too: no PMU is needed.
  @Suite(.serialized) struct PMUTests {
    /// PERF_TYPE_SOFTWARE: time of the CPU, page faults, context switches.
    @Sendable private static func standIn(_ event: ProcessorEvent) -> PerfEventSource {
      switch event {
      case .cycles: PerfEventSource(type: 1, config: 0)
      case .instructions: PerfEventSource(type: 1, config: 3)
      case .cacheMisses: PerfEventSource(type: 1, config: 2)
      // nothing has these
      case .cacheReferences, .branches, .branchMisses: PerfEventSource(type: 1, config: 9_999)
      }
    }

    private static func collectors(_ names: Set<String>) throws -> LiveCollectors {
      try LiveCollectors(names) { $0.pmu.source = standIn }
    }

    @Test func countsByCPUAreThoseOfTheKernel() throws {
      let collectors = try Self.collectors(["pmu"])
      let load = try Load("ping-pong", 20_000)
      let from = try collectors.read(beside: { (try systemStatistics().contextSwitches, MonotonicClock.now) })
      try load.run()
      let to = try collectors.read(beside: { (try systemStatistics().contextSwitches, MonotonicClock.now) })
      let change = Change(from: from, to: to)
      expectAgreement("context switches", change.sum("pmu_instructions"), change.kernel(\.0), within: 0.01)
      let cpus = UInt64(to.reading.series("pmu_cycles"))
      #expect(cpus > 0)
      expectAgreement("time of all CPUs", change.sum("pmu_cycles"), change.kernel { $0.1 * cpus }, within: 0.01)
    }

    @Test func eventThatTheMachineDoesNotHaveIsAbsent() throws {
      let reading = try Self.collectors(["pmu"]).read()
      #expect(reading.series("pmu_page_faults") == 0)
      for family in ["pmu_cache_references", "pmu_branches", "pmu_branch_misses"] {
        #expect(reading.series(family) == 0)
      }
    }

    /// Between processes without series nothing is read, and yet nothing is lost.
    @Test func whatNobodyWatchesIsTheRestOfTheCPUs() throws {
      let collectors = try LiveCollectors(["sched", "pmu", "process"]) {
        $0.pmu.source = Self.standIn
        $0.process.limit = 1
      }
      let loads = try (0..<2 * usableCPUs.count).map {
        try Load("spin", 20_000, cpu: usableCPUs[$0 % usableCPUs.count])
      }
      for load in loads { load.begin() }
      pause(seconds: 0.5)
      let from = try collectors.read(beside: {})
      pause(seconds: 2)
      let change = Change(from: from, to: try collectors.read(beside: {}))
      let other = change.sum("process_cycles", ["pid": "other"])
      #expect(other > change.sum("pmu_cycles") / 2)
      // a slice counts as it ends, and slices of others a tenth of a second later
      expectAgreement(
        "cycles of all processes", change.sum("process_cycles"), .init(about: change.sum("pmu_cycles")), within: 0.01,
        slack: 120_000_000 * UInt64(usableCPUs.count))
    }

    /// A process' time is that of its slices.
    @Test func countsByProcessAreThoseOfItsSlices() throws {
      let collectors = try Self.collectors(["sched", "pmu", "process"])
      let cpu = try #require(usableCPUs.last)
      let load = try Load("spin", 20_000, cpu: cpu)
      let rival = try Load("spin", 20_000, cpu: cpu)
      load.begin()
      rival.begin()
      let labels = ["pid": "\(load.pid)"]
      try collectors.wait { $0.series("process_cycles", labels) > 0 }
      let from = try collectors.read(beside: { try SchedulingFigures(load.pid) })
      pause(seconds: 1)
      let change = Change(from: from, to: try collectors.read(beside: { try SchedulingFigures(load.pid) }))
      // a slice counts as it ends: the one under way is missing at either end
      expectAgreement(
        "time of a process", change.sum("process_cycles", labels), change.kernel(\.ran), within: 0.02,
        slack: 10_000_000)
      #expect(change.sum("process_cycles", labels) > 100_000_000)
      #expect(change.sum("process_cycles", ["pid": "other"]) > 0)
    }

    /// No CPU has time to be idle: as it leaves idleness, the scheduler's clock runs ahead of the counter.
    @Test func countsOfAllProcessesAreThoseOfTheCPUs() throws {
      let collectors = try Self.collectors(["sched", "cpu", "pmu", "process"])
      let loads = try (0..<2 * usableCPUs.count).map { _ in try Load("spin", 20_000) }
      for load in loads { load.begin() }
      // what nobody watches shows up to a tenth of a second late, on every CPU; a process with a series, slice by slice
      try collectors.wait { reading in
        loads.allSatisfy { reading.sum("process_cycles", ["pid": "\($0.pid)"]) > 0 }
      }
      let from = try collectors.read(beside: {})
      pause(seconds: 1.5)
      let change = Change(from: from, to: try collectors.read(beside: {}))
      let busy = change.sum("cpu_seconds") - change.sum("cpu_seconds", ["mode": "idle"])
      expectAgreement(
        "time of all processes", change.sum("process_cycles"), .init(about: busy), within: 0.01,
        slack: 10_000_000 * UInt64(usableCPUs.count))
    }

    /// Stops the events of a CPU for good, as perf does when it goes offline: they can be read, and stand still.
    private func stopEvents(_ events: ProcessorEvents, cpu: Int) throws {
      for event in events.available {
        let descriptor = try #require(events.descriptor(of: event, cpu: cpu))
        // PERF_EVENT_IOC_DISABLE
        #expect(ioctl(descriptor, 0x2401, 0) == 0)
      }
    }

    @Test func eventsOfACPUThatWasAwayGoOn() throws {
      let collectors = try Self.collectors(["sched", "process", "pmu"])
      let cpu = try #require(usableCPUs.last)
      let labels = ["cpu": "\(cpu)"]
      let load = try Load("spin", 20_000, cpu: cpu)
      // so that there are switches: a process counts from the first after it was given its series
      let rival = try Load("spin", 20_000, cpu: cpu)
      load.begin()
      rival.begin()
      let process = ["pid": "\(load.pid)"]
      try collectors.wait { $0.series("process_cycles", process) > 0 }
      let events = try collectors.context.kernel.processorEvents()
      let before = try collectors.read()
      try stopEvents(events, cpu: cpu)
      pause(seconds: 0.2)
      _ = try collectors.read()
      let again = try collectors.read()
      #expect(again.sum("pmu_cycles", labels) >= before.sum("pmu_cycles", labels))
      pause(seconds: 0.4)
      let after = try collectors.read()
      #expect(after.sum("pmu_cycles", labels) - again.sum("pmu_cycles", labels) > 300_000_000)
      #expect(after.sum("process_cycles", process) > again.sum("process_cycles", process))
    }

    @Test func cpuWhoseEventsCannotBeOpenedAnewHasNoSeries() throws {
      let collectors = try LiveCollectors(["pmu"]) {
        $0.pmu.source = Self.standIn
        $0.pmu.open = { _, _, _, _ in -EACCES }
      }
      let cpu = try #require(usableCPUs.last)
      #expect(try collectors.read().series("pmu_cycles", ["cpu": "\(cpu)"]) == 1)
      try stopEvents(try collectors.context.kernel.processorEvents(), cpu: cpu)
      _ = try collectors.read()
      let reading = try collectors.read()
      #expect(reading.series("pmu_cycles", ["cpu": "\(cpu)"]) == 0)
      #expect(reading.series("pmu_cycles") == usableCPUs.count - 1)
    }

    /// This machine may have a PMU or not: what is said of it must be true.
    @Test func machineWithoutAPMUSaysSo() throws {
      var options = CollectorOptions()
      options.enabled = ["pmu"]
      options.pmu.source = { _ in PerfEventSource(type: 1, config: 9_999) }
      let context = CollectorContext(options: options, logger: Logger(label: "tests"))
      #expect {
        _ = try PMUCollector.definition.make(context)
      } throws: { error in
        guard let failure = error as? CollectorFailure else { return false }
        return failure.reason == .absent && failure.message.contains("on CPU 0") && !failure.cure.isEmpty
      }
    }
  }
}
