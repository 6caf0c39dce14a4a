import Foundation
import Glibc
import Machine
import Testing

@testable import Collectors

extension KernelTests {
  /// CPU time by control group against the kernel's own `cpu.stat`.
  @Suite(.serialized) struct CgroupTests {
    private static let name = "/wattprobe-test-\(getpid())"
    private static let container = String(repeating: "0123456789abcdef", count: 4)

    @Test func timeOfAGroupIsThatOfCpuStat() throws {
      try compare(try ControlGroup(Self.name))
    }

    /// Version 1: the process stays at the root of version 2.
    @Test(.enabled(if: ControlGroup.exists("cpuacct"), "no cpuacct hierarchy of version 1 here"))
    func timeOfAGroupOfVersion1IsThatOfCpuacct() throws {
      try compare(try ControlGroup(Self.name, controller: "cpuacct"))
    }

    private func compare(_ group: ControlGroup) throws {
      let collectors = try LiveCollectors(["cgroup"])
      let load = try Load("spin", 20_000)
      try group.take(load.pid)
      load.begin()
      try admit(group, collectors)
      let from = try collectors.read(beside: { try group.usage() })
      pause(seconds: 0.8)
      let change = Change(from: from, to: try collectors.read(beside: { try group.usage() }))
      expectAgreement(
        "CPU time of the group", change.sum("cgroup_cpu_seconds", ["cgroup": group.path]), change.kernel(\.self),
        within: 0.005, slack: 4_000_000)
    }

    /// 500 processes of 2 ms each, of which no pass sees more than a few.
    @Test func processesThatNoPassSeesCountInTheirGroup() throws {
      let group = try ControlGroup(Self.name)
      let collectors = try LiveCollectors(["cgroup"])
      let spinner = try Load("spin", 20_000)
      try group.take(spinner.pid)
      spinner.begin()
      try admit(group, collectors)
      spinner.kill()
      let load = try Load("short-lives", 500, 2_000, 2)
      try group.take(load.pid)
      // the kernel lets go of dead processes a little later
      pause(seconds: 0.3)
      let from = try collectors.read(beside: { try group.usage() })
      try load.run()
      pause(seconds: 0.3)
      let change = Change(from: from, to: try collectors.read(beside: { try group.usage() }))
      #expect(change.kernel(\.self).upperBound > 200_000_000)
      expectAgreement(
        "CPU time of short lives", change.sum("cgroup_cpu_seconds", ["cgroup": group.path]), change.kernel(\.self),
        within: 0.01, slack: 6_000_000)
    }

    @Test func sumOfAllGroupsIsTheTimeOfAllTasks() throws {
      let group = try ControlGroup(Self.name)
      let collectors = try LiveCollectors(["cgroup", "process"])
      let load = try Load("spin", 20_000)
      try group.take(load.pid)
      load.begin()
      try admit(group, collectors)
      let from = try collectors.read(beside: {})
      pause(seconds: 0.5)
      let change = Change(from: from, to: try collectors.read(beside: {}))
      // one pass feeds both; what is about to be counted among the dead is in neither for a moment
      expectAgreement(
        "CPU time of all groups", change.sum("cgroup_cpu_seconds"), .init(about: change.sum("process_cpu_seconds")),
        within: 0.01, slack: 20_000_000)
    }

    @Test func containerAndPodAreThoseOfThePath() throws {
      let pod = "/kubepods.slice-\(getpid())"
      let uid = "01234567-89ab-cdef-0123-456789abcdef"
      let slice = "kubepods-burstable-pod\(uid.replacingOccurrences(of: "-", with: "_")).slice"
      let parents = try [ControlGroup(pod), ControlGroup("\(pod)/\(slice)")]
      let group = try ControlGroup("\(pod)/\(slice)/cri-containerd-\(Self.container).scope")
      let collectors = try LiveCollectors(["cgroup"])
      let load = try Load("spin", 20_000)
      try group.take(load.pid)
      load.begin()
      try admit(group, collectors)
      let reading = try collectors.read()
      let labels = ["cgroup": group.path, "container": Self.container, "pod_uid": uid]
      #expect(reading.series("cgroup_cpu_seconds", labels) == 1)
      load.kill()
      group.remove()
      for parent in parents.reversed() { parent.remove() }
    }

    @Test func groupThatIsRemovedDisappearsAfterTheGraceTime() throws {
      let group = try ControlGroup(Self.name)
      let collectors = try LiveCollectors(["cgroup"]) { $0.cgroup.graceNanoseconds = 1_000_000_000 }
      let load = try Load("spin", 20_000)
      try group.take(load.pid)
      load.begin()
      try admit(group, collectors)
      pause(seconds: 0.1)
      load.kill()
      #expect(group.remove())
      // the kernel lets go of dead processes a little later
      pause(seconds: 0.3)
      let before = try collectors.read()
      #expect(before.series("cgroup_cpu_seconds", ["cgroup": group.path]) == 1)
      let shown = before.sum("cgroup_cpu_seconds", ["cgroup": group.path])
      #expect(shown > 0)
      var reading = before
      for _ in 0..<30 where reading.series("cgroup_cpu_seconds", ["cgroup": group.path]) == 1 {
        pause(seconds: 0.12)
        reading = try collectors.read()
      }
      #expect(reading.series("cgroup_cpu_seconds", ["cgroup": group.path]) == 0)
    }

    @Test func atMostTheLimitHaveSeries() throws {
      let groups = try (0..<4).map { try ControlGroup("\(Self.name)-\($0)") }
      let collectors = try LiveCollectors(["cgroup"]) {
        $0.cgroup.limit = 2
        $0.cgroup.measuresRunqueue = true
      }
      let loads = try groups.map { group in
        let load = try Load("spin", 20_000)
        try group.take(load.pid)
        load.begin()
        return load
      }
      for _ in 0..<10 where try collectors.read().series("cgroup_cpu_seconds") < 3 { pause(seconds: 0.12) }
      for _ in 0..<5 {
        pause(seconds: 0.12)
        let reading = try collectors.read()
        #expect(reading.series("cgroup_cpu_seconds") == 3)
        #expect(reading.series("cgroup_runqueue_latency_seconds") == 3)
        #expect(reading.series("cgroup_cpu_seconds", ["cgroup": "other"]) == 1)
      }
      for load in loads { load.kill() }
    }

    /// Every form of the scheduler programs that knows control groups, against the scheduler's own figures.
    @Test(arguments: [SchedulerPrograms.Form.kernelWaits, .kernelWaitsHashed, .stamps, .hashed])
    func waitsOfAGroupAreThoseOfItsTasks(form: SchedulerPrograms.Form) throws {
      let group = try ControlGroup(Self.name)
      let collectors = try LiveCollectors(["cgroup", "sched"], form: form) { $0.cgroup.measuresRunqueue = true }
      let cpu = try #require(usableCPUs.last)
      // two that take turns on one CPU
      let load = try Load("spin", 20_000, cpu: cpu)
      let rival = try Load("spin", 20_000, cpu: cpu)
      try group.take(load.pid)
      load.begin()
      rival.begin()
      try admit(group, collectors)
      let from = try collectors.read(beside: { try SchedulingFigures(load.pid) })
      pause(seconds: 0.8)
      let change = Change(from: from, to: try collectors.read(beside: { try SchedulingFigures(load.pid) }))
      let waits = change.histogram("cgroup_runqueue_latency_seconds", ["cgroup": group.path])
      expectAgreement("waits, \(form)", waits.count, change.kernel(\.slices), within: 0.02, slack: 3)
      expectAgreement("time waited, \(form)", waits.sum, change.kernel(\.waited), within: 0.02, slack: 10_000_000)
      #expect(waits.count > 20)
    }

    private func admit(_ group: ControlGroup, _ collectors: LiveCollectors) throws {
      try collectors.wait { $0.series("cgroup_cpu_seconds", ["cgroup": group.path]) > 0 }
      #expect(try collectors.read().series("cgroup_cpu_seconds", ["cgroup": group.path]) == 1)
    }
  }
}
