import BPFPrograms
import Foundation
import Glibc
import Host
import Testing

@testable import BPF
@testable import Collectors

extension KernelTests {
  /// Waits for the kernel's locks.
  @Suite(.serialized, .enabled(if: lockTracepointsExist)) struct LockTests {
    private static let family = "lock_contention_seconds"

    private func collectors(_ form: TaskForm) throws -> LiveCollectors {
      try LiveCollectors(["locks"]) { $0.locks.form = form }
    }

    /// So many threads find a mutex or semaphore taken, once each. Others on the machine may wait too: never fewer than
    /// here, and exactly as many in a quiet moment.
    @Test(arguments: ["mutex", "rwsem"], TaskForm.allCases)
    func eachWaitCountsOnce(lock: String, form: TaskForm) throws {
      let kind = lock == "mutex" ? "mutex" : "rwsem_write"
      let collectors = try collectors(form)
      var fewest: UInt64 = .max
      for _ in 0..<200 where fewest > 12 {
        let load = try Load("lock-waits", lock, 2, 6)
        let from = try collectors.read(beside: {})
        try load.run()
        let change = Change(from: from, to: try collectors.read(beside: {}))
        let waits = change.histogram(Self.family, ["kind": kind])
        fewest = min(fewest, waits.count)
        #expect(waits.count >= 12)
        #expect(waits.sum > 0)
      }
      #expect(fewest == 12, "\(kind)")
    }

    /// A wait lasts from when it began, not from when the mutex was last spun for.
    @Test(arguments: TaskForm.allCases)
    func timeIsThatOfTheWait(form: TaskForm) throws {
      let collectors = try collectors(form)
      let load = try Load("lock-waits", "mutex", 1, 10, 50_000)
      let from = try collectors.read(beside: {})
      try load.run()
      let change = Change(from: from, to: try collectors.read(beside: {}))
      // each of the ten waits while the lock is held on for 50 ms after the last of them came
      #expect(change.histogram(Self.family, ["kind": "mutex"]).sum >= 500_000_000)
    }

    /// Every contention the kernel has seen end, in the same window, while all kinds of locks are fought for: none is
    /// counted twice, none lost, and the machine goes on.
    @Test(arguments: TaskForm.allCases)
    func contentionsAreThoseOfTheTracepoint(form: TaskForm) throws {
      let collectors = try collectors(form)
      let ends = try TracepointCount("lock/contention_end")
      var seen: UInt64 = 0
      try expectAgreementUndisturbed {
        let load = try Load("lock-storm", 3_000, 16)
        let from = try collectors.read(beside: ends.read)
        try load.run()
        let change = Change(from: from, to: try collectors.read(beside: ends.read))
        #expect(change.kernel(\.self).lowerBound >= 100)
        let count = change.histogram(Self.family).count
        seen += count
        // waits that began before the first reading, or inside a program
        return [disagreement("\(form) contentions", count, change.kernel(\.self), within: 0.01, slack: 16)]
      }
      for lost in collectors.context.kernel.loaded.flatMap({ $0.lostUpdates() }) {
        #expect(lost.count == 0, "\(lost.map) \(lost.cause)")
      }
      let misses = collectors.context.kernel.loaded.flatMap { $0.programs() }.map(\.recursionMisses).reduce(0, +)
      #expect(misses <= seen / 100)
    }

    /// The hash has entries of living tasks only.
    @Test func waitsGoWithTheirTasks() throws {
      let collectors = try collectors(.hashed)
      let map = try #require(
        collectors.context.kernel.loaded.flatMap { $0.maps() }.first { $0.name == "lock_waits" })
      try Load("lock-waits", "mutex", 20, 20).run()
      var entries = Int.max
      // the kernel frees tasks a grace period after their end
      for _ in 0..<100 where entries >= 400 {
        entries = map.entries() ?? .max
        pause(seconds: 0.1)
      }
      #expect(entries < 400)
    }

    @Test func waitsLostToAFullMapAreCounted() throws {
      let collectors = try LiveCollectors(["locks"]) {
        $0.locks.form = .hashed
        $0.scheduler.tasks = 2
      }
      try Load("lock-waits", "mutex", 1, 20).run()
      let lost = collectors.context.kernel.loaded.flatMap { $0.lostUpdates() }.first { $0.map == "lock_waits" }
      #expect(lost?.cause == "full")
      #expect((lost?.count ?? 0) >= 18)
    }
  }
}

let lockTracepointsExist = (try? Trace.identifier("lock/contention_begin")) != nil

/// How often a tracepoint fired on all CPUs, as perf counts it.
final class TracepointCount {
  private let counters: [PerfCounter]

  init(_ event: String) throws {
    let config = try Trace.identifier(event)
    // PERF_TYPE_TRACEPOINT
    counters = usableCPUs.map { PerfCounter(type: 2, config: config, cpu: $0, name: event) }
    _ = try read()
  }

  func read() throws -> UInt64 { try counters.reduce(0) { $0 + (try $1.read()) } }
}
