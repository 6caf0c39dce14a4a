internal import BPF
internal import BPFPrograms
package import Collecting
package import Exposition
internal import Host

/// What the processes of each control group use.
package final class CgroupCollector: PeriodicCollector {
  static let identity = ["cgroup", "container", "pod_uid"]
  private static let cpu = Family(
    "cgroup_cpu_seconds", .counter, unit: "seconds", labels: identity,
    help: "CPU time of the processes of the control group itself, without groups below it.")
  private static let runqueue = Family(
    "cgroup_runqueue_latency_seconds", .histogram, unit: "seconds", labels: identity,
    help: "Time that tasks of the control group waited, runnable, for a CPU; with --cgroup.runqueue.")

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "cgroup", summary: "CPU time, waits for a CPU and energy of the busiest control groups and containers",
    isOnByDefault: true,
    notes: """
      A control group gets series once its processes used 10 ms of CPU time lately, at most `--cgroup.limit` of them; what
      they used before, and everything of groups without series, is in `cgroup="other"`. Short-lived processes are included. `container` and `pod_uid` are there where the path shows them (docker, containerd, cri-o, podman, LXC,
      systemd-nspawn; Kubernetes). A group without processes keeps its series for `--cgroup.grace`. The path is that of
      version 2; where a process is at the root of that, that of the first of the cpu, cpuacct and memory hierarchies of
      version 1 in which it is not. Energy is `wattprobe_process_energy_joules_total` summed by group, without kernel threads.
      """,
    families: [energy, cpu, runqueue]
  ) { context throws(CollectorFailure) in
    CgroupCollector(
      try context.kernel.tasks(),
      scheduler: context.options.cgroup.measuresRunqueue ? try context.kernel.scheduler() : nil)
  }

  private static let waits = HistogramLayout(lowest: -20, highest: 4)

  package var samplingInterval: UInt64 { tasks.samplingInterval }
  private let tasks: TaskPasses
  private let scheduler: SchedulerPrograms?

  private init(_ tasks: TaskPasses, scheduler: SchedulerPrograms?) {
    self.tasks = tasks
    self.scheduler = scheduler
  }

  package func sample(now: UInt64) { tasks.sample(now: now) }

  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    try tasks.refresh()
    tasks.showEnergyOfGroups()
    guard let table = tasks.groups else { return }
    writeEnergy(tasks, to: &writer)
    writer.begin(Self.cpu)
    for one in table.series {
      writer.labels(one.labels)
      writer.nanoseconds(one.used)
    }
    writer.label("cgroup", "other")
    writer.nanoseconds(table.other)
    writeWaits(table, to: &writer)
  }

  private func writeWaits(_ table: CgroupTable, to writer: inout SampleWriter) {
    guard let waits = scheduler?.showCgroupWaits() else { return }
    writer.begin(Self.runqueue)
    for one in table.series {
      guard let found = waits[one.key] else { continue }
      writer.labels(one.labels)
      write(found, to: &writer)
    }
    guard let other = waits[CgroupKey()] else { return }
    writer.label("cgroup", "other")
    write(other, to: &writer)
  }

  private func write(_ waits: CgroupWaits, to writer: inout SampleWriter) {
    withUnsafeBytes(of: waits.runqueue) { bytes in
      let words = bytes.bindMemory(to: UInt64.self)
      writer.histogram(slots: words[..<(words.count - 1)], sum: words[words.count - 1], layout: Self.waits)
    }
  }

  /// The labels of a control group, ready for its samples.
  static func labels(path: String) -> PreparedLabels {
    let identity = ContainerIdentity(controlGroup: path)
    return PreparedLabels(cpu) { writer in
      writer.label("cgroup", path)
      if let container = identity?.containerID { writer.label("container", container) }
      if let pod = identity?.podUID { writer.label("pod_uid", pod) }
    }
  }
}
