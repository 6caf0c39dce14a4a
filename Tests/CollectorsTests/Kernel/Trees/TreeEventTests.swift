import Accounts
import Collecting
import Foundation
import Host
import Logging
import Testing

@testable import Collectors

extension KernelTests {
  /// Events of processors over trees: where there is no PMU, the kernel's own events stand in for it, by the same calls.
  @Suite struct TreeEventTests {
    /// PERF_TYPE_SOFTWARE: task-clock for cycles, context switches for instructions, page faults for cache misses; an event
    /// that nobody has for the others.
    private static func standIn(_ event: ProcessorEvent) -> PerfEventSource {
      switch event {
      case .cycles: PerfEventSource(type: 1, config: 1)
      case .instructions: PerfEventSource(type: 1, config: 3)
      case .cacheMisses: PerfEventSource(type: 1, config: 2)
      default: PerfEventSource(type: 4_000_000, config: 0)
      }
    }

    private static func account(
      of command: [String], _ source: @escaping @Sendable (ProcessorEvent) -> PerfEventSource
    ) throws -> TreeAccount {
      var options = CollectorOptions()
      options.trees = TreeOptions()
      options.pmu.source = source
      let accounting = try TreeAccounting(options, logger: Logger(label: "test"))
      let launched = try LaunchedCommand(command, environment: ["PATH=/usr/bin:/bin"], as: nil)
      #expect(try accounting.adopt(launched.pid))
      accounting.begin()
      try launched.begin()
      while try launched.status() == nil { usleep(1000) }
      accounting.end()
      return accounting.account(of: 0)
    }

    @Test func eventsOfAllProcessesAreCounted() throws {
      let account = try Self.account(
        of: [
          "/bin/sh", "-c",
          "for i in 1 2 3 4 5 6 7 8; do sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done'; done",
        ],
        Self.standIn)
      let counts = Dictionary(uniqueKeysWithValues: account.events.map { ($0.name, $0) })
      #expect(Set(counts.keys) == ["cycles", "instructions", "cache-misses"])
      let clock = Double(counts["cycles"]?.count ?? 0)
      let cpu = Double(account.usage.cpu)
      // perf leaves out what a process still does after its events were taken away
      #expect(clock > cpu * 0.8 && clock <= cpu * 1.005, "\(clock) ns, the kernel counted \(cpu)")
      let faults = account.usage.minorFaults + account.usage.majorFaults
      let counted = counts["cache-misses"]?.count ?? 0
      #expect(counted <= faults && counted + 3 * account.processes + 100 > faults, "\(counted) of \(faults)")
      #expect(counts["cycles"]?.counted == 1 && account.eventsFailure == nil)
    }

    @Test func withoutAUnitThereAreNoneAndItSaysWhy() throws {
      let account = try Self.account(of: ["/bin/true"]) { _ in PerfEventSource(type: 4_000_000, config: 0) }
      #expect(account.events.isEmpty && account.eventsFailure?.contains("no hardware counters") == true)
    }
  }
}
