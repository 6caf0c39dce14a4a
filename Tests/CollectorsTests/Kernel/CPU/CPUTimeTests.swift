import Host
import Testing

@testable import Collectors

extension KernelTests {
  /// CPU time, by CPU and by process.
  @Suite(.serialized) struct CPUTimeTests {
    private struct Figures {
      let system: SystemStatistics
      let burning: SchedulingFigures
    }

    /// `/proc/stat` counts in ticks: over eight seconds its share of a second is known to about a percent. Stolen time is
    /// busy time here and, there, of neither kind where the CPU idled.
    @Test(arguments: [SchedulerPrograms.Form.kernelWaits, .raw])
    func timeOfCPUsAndProcessesIsTheKernels(form: SchedulerPrograms.Form) throws {
      let collectors = try LiveCollectors(["sched", "cpu", "process"], form: form)
      let burning = try Load("threads", 1, 600_000, cpu: usableCPUs.last)
      let halfBusy = try Load("bursts", 1000, 200_000, 200_000, cpu: usableCPUs[0])
      burning.begin()
      halfBusy.begin()
      // admitted after one pass, counted from the next
      for _ in 0..<3 {
        pause(seconds: 0.3)
        _ = try collectors.read()
      }
      func figures() throws -> Figures {
        Figures(system: try systemStatistics(), burning: try SchedulingFigures(burning.pid))
      }
      let from = try collectors.read(beside: figures)
      let start = MonotonicClock.now
      pause(seconds: 8.2)
      let change = Change(from: from, to: try collectors.read(beside: figures))
      let window = MonotonicClock.now - start

      let steal = Self.nanoseconds(change.kernel { $0.system.total.steal }.upperBound)
      for cpu in usableCPUs {
        func shown(_ mode: String) -> UInt64 { change.sum("cpu_seconds", ["cpu": "\(cpu)", "mode": mode]) }
        let busy = shown("task") + shown("softirq") + shown("hardirq")
        expectAgreement(
          "\(form) cpu \(cpu) busy", busy, Self.nanoseconds(change.kernel { Self.busy($0.system.cpus[cpu]!) }),
          within: 0, slack: window / 50 + steal)
        expectAgreement(
          "\(form) cpu \(cpu) idle", shown("idle"),
          Self.nanoseconds(change.kernel { $0.system.cpus[cpu]!.idle + $0.system.cpus[cpu]!.iowait }),
          within: 0, slack: window / 50 + steal)
        // no time is missing, none counted twice
        expectAgreement("\(form) cpu \(cpu)", busy + shown("idle"), .init(about: window), within: 0.01)
      }
      let used = change.sum("process_cpu_seconds", ["pid": "\(burning.pid)"])
      #expect(used > window / 10)
      expectAgreement("\(form) busy loop", used, change.kernel { $0.burning.ran }, within: 0.01)
      expectProcessesUsedTheCPUs(change, steal: steal, "\(form)")
    }

    /// With its programs attached from before its first moment to after its last, a process is in the sum whole, whatever
    /// its age.
    @Test func processesThatComeAndGoAreInTheSum() throws {
      let collectors = try LiveCollectors(["sched", "cpu", "process"])
      let load = try Load("short-lives", 5_000, 5_000, 8)
      let from = try collectors.read(beside: systemStatistics)
      load.begin()
      var last: UInt64 = 0
      for _ in 0..<12 {
        pause(seconds: 0.5)
        let sum = try collectors.read().sum("process_cpu_seconds")
        #expect(sum >= last)
        last = sum
      }
      try load.waitUntilDone()
      // the kernel lets go of dead tasks a grace period later
      pause(seconds: 1)
      let change = Change(from: from, to: try collectors.read(beside: systemStatistics))
      #expect(change.sum("process_cpu_seconds") >= 25_000_000_000)
      let steal = Self.nanoseconds(change.kernel(\.total.steal).upperBound)
      expectProcessesUsedTheCPUs(change, steal: steal, "short lives")
    }

    /// Processes' time has the interrupts in it that came while they ran, and has stolen time in it on no kernel.
    private func expectProcessesUsedTheCPUs<T>(_ change: Change<T>, steal: UInt64, _ what: String) {
      let task = change.sum("cpu_seconds", ["mode": "task"])
      let interrupts = change.sum("cpu_seconds", ["mode": "softirq"]) + change.sum("cpu_seconds", ["mode": "hardirq"])
      expectAgreement(
        "\(what) all processes", change.sum("process_cpu_seconds"), task...(task + interrupts), within: 0.02,
        slack: steal)
    }

    /// A loop that has a CPU to itself since before there were programs: no switch ever tells of it.
    @Test(.enabled(if: usableCPUs.count > 1), arguments: SchedulerPrograms.Form.allCases)
    func timeOfATaskThatNeverSwitchesIsCounted(form: SchedulerPrograms.Form) throws {
      let cpu = usableCPUs.last!
      let load = try Load("spin", 5_000, policy: .fifo, cpu: cpu)
      load.begin()
      pause(seconds: 0.05)
      let collectors = try LiveCollectors(["sched", "cpu"], form: form)
      func figures() throws -> (time: UInt64, ran: UInt64) {
        (MonotonicClock.now, try SchedulingFigures(load.pid).ran)
      }
      let from = try collectors.read(beside: figures)
      pause(seconds: 0.4)
      let change = Change(from: from, to: try collectors.read(beside: figures))
      let idle = change.sum("cpu_seconds", ["cpu": "\(cpu)", "mode": "idle"])
      let busy = change.sum("cpu_seconds", ["cpu": "\(cpu)"]) - idle
      let time = change.kernel(\.time)
      expectAgreement("\(form) never switching, all", busy + idle, time, within: 0.005)
      // The kernel brings its own figure up to date at each tick. It may hold real-time tasks back for a twentieth of a
      // second; others may run then.
      let ran = change.kernel(\.ran)
      expectAgreement(
        "\(form) never switching", busy, ran.lowerBound...max(ran.upperBound, time.upperBound), within: 0.005,
        slack: 10_000_000)
      withExtendedLifetime(load) {}
    }

    private static func busy(_ times: SystemStatistics.CPUTimes) -> UInt64 {
      times.user + times.nice + times.system + times.irq + times.softirq + times.steal
    }

    private static func nanoseconds(_ ticks: UInt64) -> UInt64 {
      ticks * (1_000_000_000 / UInt64(Kernel.ticksPerSecond))
    }

    private static func nanoseconds(_ ticks: ClosedRange<UInt64>) -> ClosedRange<UInt64> {
      nanoseconds(ticks.lowerBound)...nanoseconds(ticks.upperBound)
    }
  }
}
