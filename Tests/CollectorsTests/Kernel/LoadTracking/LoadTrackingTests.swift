import Collecting
import Foundation
import Host
import Testing

@testable import BPF
@testable import Collectors

extension KernelTests {
  /// Loads whose run time is known, against what PELT made of them.
  @Suite(.serialized) struct LoadTrackingTests {
    /// Everything that happened to the tasks of `load` while it ran.
    private func follow(
      _ load: Load, _ change: (inout LoadTrackingOptions) -> Void = { _ in }
    ) throws -> Change<SchedulingFigures> {
      let collectors = try LiveCollectors(["loadtracking"]) {
        $0.loadTracking.process = load.pid
        change(&$0.loadTracking)
      }
      let from = try collectors.read(beside: { try SchedulingFigures(load.pid) })
      try load.run()
      return Change(from: from, to: try collectors.read(beside: { try SchedulingFigures(load.pid) }))
    }

    /// How far estimate and run time are apart, relative to the run time.
    private func error(_ change: Change<SchedulingFigures>, _ signal: String, class name: String? = nil) -> Double {
      var labels = ["signal": signal]
      if let name { labels["class"] = name }
      let estimated = Double(change.sum("load_tracking_estimated_seconds", labels))
      let actual = Double(change.sum("load_tracking_actual_seconds", labels))
      show("\(signal) \(name ?? ""): estimated \(estimated / 1e9) s, actual \(actual / 1e9) s")
      return estimated / actual - 1
    }

    private func show(_ text: String) {
      if ProcessInfo.processInfo.environment["WATTPROBE_SHOW_FIGURES"] != nil { print(text) }
    }

    /// The share of the run time that came to be in `name`.
    private func share(_ change: Change<SchedulingFigures>, class name: String) -> Double {
      Double(change.sum("load_tracking_actual_seconds", ["class": name, "signal": "util_avg"]))
        / Double(max(1, change.sum("load_tracking_actual_seconds", ["signal": "util_avg"])))
    }

    /// Read at switch-out the signal would be 16 % too high (PeltTests). util_est keeps that peak, or what was known of it a tick
    /// before: Linux 6.12 and later look at it before they bring the signal up to date.
    @Test func fiveMillisecondsInEveryTwentyReadNearZero() throws {
      let load = try Load("cycles", 400, 5_000, 20_000, nice: -20, cpu: usableCPUs.last)
      let change = try follow(load)
      #expect(abs(error(change, "util_avg")) < 0.03)
      let generous = error(change, "util_est")
      #expect(generous > 0.02 && generous < 0.25, "\(generous)")
      #expect(share(change, class: "interactive") > 0.9)

      // what ran since the last window was closed is not in yet: two windows at most
      let actual = change.sum("load_tracking_actual_seconds", ["signal": "util_avg"])
      expectAgreement("run time", actual, change.kernel(\.ran), within: 0.01, slack: 600_000_000)

      let labels = ["class": "interactive", "signal": "util_avg"]
      let errors = change.histogram("load_tracking_error_ratio", labels)
      #expect(errors.count >= 6)
      #expect(errors.count <= 9)
      #expect(Double(errors.sum) / 1e9 / Double(errors.count) < 0.05)
      // what the scheduler expects at a wakeup is that peak, or what a tick knew of it
      let predictions = change.histogram(
        "load_tracking_error_ratio", ["signal": "util_est", "class": "interactive"])
      let mean = Double(predictions.sum) / 1e9 / Double(max(1, predictions.count))
      show("predictions: \(predictions.count), \(mean) off on average")
      #expect(predictions.count >= 5)
      #expect(mean > 0 && mean < 0.25, "\(mean)")
    }

    /// A task that never switches is seen by the ticks.
    @Test func taskThatAlwaysRunsReadsNearZero() throws {
      let change = try follow(try Load("spin", 6_000, nice: -20))
      // its signal still rises in the first window: 48 ms
      #expect(abs(error(change, "util_avg")) < 0.03)
      #expect(abs(error(change, "util_est")) < 0.03)
      #expect(share(change, class: "cpu_bound") > 0.5)
    }

    /// Runs much shorter than a period of PELT, between which the kernel does not look at the signal.
    @Test func shortSleepsReadNearZero() throws {
      let change = try follow(try Load("cycles", 3_000, 300, 2_000, nice: -20, cpu: usableCPUs.last))
      #expect(abs(error(change, "util_avg")) < 0.04)
      #expect(share(change, class: "interactive") > 0.9)
    }

    @Test func writesThatWaitForTheDiskAreIO() throws {
      let change = try follow(try Load("synced-writes", 3_000)) { $0.windowNanoseconds = 100_000_000 }
      #expect(change.sum("load_tracking_actual_seconds", ["signal": "util_avg"]) > 0)
      #expect(share(change, class: "io_bound") > 0.5)
    }

    /// The same load, each time in another class.
    @Test(arguments: ["interactive", "bursty", "cpu_bound"])
    func thresholdsDecideTheClass(expected: String) throws {
      let change = try follow(try Load("cycles", 150, 5_000, 20_000, nice: -20, cpu: usableCPUs.last)) { options in
        options.windowNanoseconds = 500_000_000
        if expected == "cpu_bound" { options.cpuBound = 0.1 }
        if expected == "bursty" { options.interactiveNanoseconds = 2_000_000 }
      }
      #expect(share(change, class: expected) > 0.9)
    }

    @Test func thresholdOfIODecidesTheClass() throws {
      let strict = try follow(try Load("bursts", 400, 500, 4_000)) { $0.ioBound = 0.001 }
      #expect(share(strict, class: "io_bound") == 0)
    }

    /// PELT is within a tenth after 3.3 half-lives of 33.6 ms.
    @Test func stepsUpAndDownConvergeAsPELTDoes() throws {
      let load = try Load("steps", 4, 2_000, nice: -20, cpu: usableCPUs.last)
      let change = try follow(load) { $0.windowNanoseconds = 500_000_000 }
      for (step, name) in [("up", "cpu_bound"), ("down", "interactive")] {
        let all = change.histogram("load_tracking_convergence_seconds", ["step": step])
        let mean = Double(all.sum) / Double(max(1, all.count))
        show("\(step): \(all.count), \(mean / 1e6) ms on average")
        #expect(all.count >= 2 && all.count <= 5, "\(step): \(all.count)")
        let ratio = mean / (log2(10) * 33_554_432)
        #expect(ratio > 0.5 && ratio < 2, "\(step): \(ratio)")
        #expect(change.histogram("load_tracking_convergence_seconds", ["step": step, "class": name]).count >= 1)
      }
    }

    /// Entries go with their tasks.
    @Test func nothingIsLeftOfTasksThatEnded() throws {
      let collectors = try LiveCollectors(["loadtracking"])
      try Load("short-lives", 400, 3_000, 4).run()
      let programs = try #require(collectors.context.kernel.loaded.first as? LoadTrackingPrograms)
      let map = try #require(programs.maps().first { $0.name == "load_tasks" })
      // what ended is released a moment later
      var excess = Int.max
      for _ in 0..<50 where excess > 0 {
        pause(seconds: 0.1)
        excess = (map.entries() ?? .max) - tasks()
      }
      #expect(excess <= 0)
      let shortLived = try collectors.read().sum("load_tracking_actual_seconds", ["signal": "util_avg"])
      // each was seen within a period or a tick of its start
      #expect(shortLived >= 400_000_000)
    }

    private func tasks() -> Int {
      let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      return processes.filter { Int($0) != nil }.reduce(0) { sum, pid in
        sum + ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task").count) ?? 0)
      }
    }

    @Test func tasksThereIsNoRoomForAreCounted() throws {
      let collectors = try LiveCollectors(["loadtracking"]) { $0.loadTracking.tasks = 1 }
      try Load("threads", 8, 300).run()
      let lost = collectors.context.kernel.loaded.flatMap { $0.lostUpdates() }
      #expect(lost.map(\.map) == ["load_tasks"])
      #expect(lost[0].count > 0)
    }

    /// Their signal is brought up to date once more as they end.
    @Test func tasksThatEndAreNotLost() throws {
      let collectors = try LiveCollectors(["loadtracking"])
      try Load("children", 400, "fails").run()
      try Load("short-lives", 200, 3_000, 4).run()
      let lost = collectors.context.kernel.loaded.flatMap { $0.lostUpdates() }
      #expect(lost.map(\.count) == [0])
    }

    @Test func kernelWithoutTheTracepointIsNamed() {
      let failure = LoadTrackingPrograms.failure(BPFError("attach pelt_se_tp of loadtracking", errno: ESRCH))
      #expect(failure.reason == (KernelBTF.isPresent ? .hook : .btf))
      #expect(failure.cure.contains("5.12") == KernelBTF.isPresent)
    }

    @Test func invarianceIsSaid() throws {
      let reading = try LiveCollectors(["loadtracking"]).read()
      #expect(reading.series("load_tracking") == 1)
      let known = ["none", "frequency", "capacity", "unknown"]
      #expect(known.reduce(0) { $0 + reading.series("load_tracking", ["invariance": $1]) } == 1)
    }
  }
}
