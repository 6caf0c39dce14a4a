import Host
import Testing

@testable import Collectors

extension KernelTests {
  /// Events that happen a known number of times, in every form of the scheduler programs.
  @Suite(.serialized) struct EventCountTests {
    @Test(arguments: SchedulerPrograms.Form.allCases)
    func switchesAndForksAreThoseOfProcStat(form: SchedulerPrograms.Form) throws {
      let collectors = try LiveCollectors(["sched"], form: form)
      let switching = try Load("ping-pong", 60_000, cpu: usableCPUs[0])
      let forking = try Load("children", 600, "succeeds")
      let from = try collectors.read(beside: systemStatistics)
      forking.begin()
      try switching.run()
      try forking.waitUntilDone()
      let change = Change(from: from, to: try collectors.read(beside: systemStatistics))

      let switches = change.sum("sched_context_switches")
      #expect(switches >= 120_000)
      expectAgreement("\(form) switches", switches, change.kernel(\.contextSwitches), within: 0.01)
      let forks = change.sum("sched_process_events", ["event": "fork"])
      #expect(forks >= 600)
      expectAgreement("\(form) forks", forks, change.kernel(\.processes), within: 0.01)
      // every new task is woken for the first time, once
      expectAgreement("\(form) new", change.sum("sched_wakeups", ["kind": "new"]), .init(about: forks), within: 0.01)
      // a round wakes one of the two at least; the other may not sleep yet as its answer comes
      let wakeups = change.sum("sched_wakeups", ["kind": "wakeup"])
      #expect(wakeups >= 60_000)
      // who blocks is woken, but for those that ended, and what sleeps at either end
      let blocked = change.sum("sched_context_switches", ["kind": "voluntary"])
      expectAgreement("\(form) wakeups", wakeups, .init(about: blocked - forks), within: 0.01, slack: 200)
    }

    /// Others may run programs at the same time: never fewer than were run here, and exactly as many in a quiet moment.
    @Test(arguments: SchedulerPrograms.Form.allCases)
    func programsExecutedAndProcessesEndedAreCountedOnce(form: SchedulerPrograms.Form) throws {
      let collectors = try LiveCollectors(["sched", "exits"], form: form)
      var fewest: (exec: UInt64, exit: UInt64) = (.max, .max)
      for _ in 0..<400 where fewest.exec > 4 || fewest.exit > 4 {
        let load = try Load("children", 4, "execs")
        let from = try collectors.read(beside: {})
        try load.run()
        let change = Change(from: from, to: try collectors.read(beside: {}))
        fewest.exec = min(fewest.exec, change.sum("sched_process_events", ["event": "exec"]))
        fewest.exit = min(fewest.exit, change.sum("sched_process_events", ["event": "exit"]))
      }
      #expect(fewest.exec == 4)
      #expect(fewest.exit == 4)
    }
  }
}
