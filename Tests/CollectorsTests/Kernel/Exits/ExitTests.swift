import Glibc
import Testing

@testable import Collectors

extension KernelTests {
  /// The death of thread groups. Where others may die at the same time, ours run under a policy nobody else uses.
  @Suite(.serialized) struct ExitTests {
    private func change(_ load: Load) throws -> Change<Void> {
      let collectors = try LiveCollectors(["exits"])
      let from = try collectors.read(beside: {})
      try load.run()
      return Change(from: from, to: try collectors.read(beside: {}))
    }

    @Test(arguments: [("succeeds", "ok", 150), ("fails", "error", 120), ("killed", "signal", 90)])
    func processesAreCountedByResult(way: String, result: String, count: Int) throws {
      let change = try change(try Load("children", count, way, policy: .batch))
      for each in ["ok", "error", "signal"] {
        let ended = change.sum("exited_processes", ["policy": "batch", "result": each])
        #expect(ended == (each == result ? UInt64(count) : 0), "\(each)")
      }
      #expect(change.histogram("exited_process_cpu_seconds").count >= UInt64(count))
    }

    @Test(arguments: [(Load.Policy.fifo, "fifo"), (.batch, "batch"), (.idle, "idle")])
    func policyIsThatOfTheProcess(policy: Load.Policy, name: String) throws {
      let change = try change(try Load("children", 25, "succeeds", policy: policy))
      #expect(change.sum("exited_processes", ["policy": name, "result": "ok"]) == 25)
    }

    @Test func lifetimeIsTheAgeAtDeath() throws {
      let change = try change(try Load("children", 8, "naps", policy: .batch))
      let ages = change.histogram("exited_process_lifetime_seconds")
      // slot of (0.25 s, 0.5 s]
      #expect(ages.slots[29] >= 8)
      #expect(ages.sum >= 8 * 300_000_000)
      #expect(change.sum("exited_process_context_switches", ["kind": "voluntary"]) >= 8)
    }

    /// All threads see, as they end, that none is left alive; the group is counted once.
    @Test func groupWhoseThreadsEndTogetherIsCountedOnce() throws {
      let change = try change(try Load("end-together", 4_000, 4, policy: .batch))
      #expect(change.sum("exited_processes", ["policy": "batch"]) == 4_000)
      #expect(change.sum("exited_processes", ["policy": "batch", "result": "ok"]) == 4_000)
    }

    /// Killed in the midst of it: what all threads used until then. Tried again until nobody else dies in that moment.
    @Test func cpuTimeOfAKilledProcessIsThatOfAllItsThreads() throws {
      let collectors = try LiveCollectors(["exits"])
      var compared = false
      for _ in 0..<40 where !compared {
        let load = try Load("threads", 8, 400)
        try load.run()
        let from = try collectors.read(beside: {})
        kill(load.pid, SIGKILL)
        let used = load.end().cpuNanoseconds
        let change = Change(from: from, to: try collectors.read(beside: {}))
        let histogram = change.histogram("exited_process_cpu_seconds")
        #expect(histogram.count >= 1)
        guard histogram.count == 1 else { continue }
        compared = true
        #expect(used > 100_000_000)
        expectAgreement("killed process", histogram.sum, .init(about: used), within: 0.05)
      }
      #expect(compared, "somebody died at every try")
    }
  }
}
