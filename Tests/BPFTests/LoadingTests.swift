import BPFPrograms
import Testing

@testable import BPF

/// Every embedded object loads and attaches on the running kernel.
@Suite(.serialized)
struct LoadingTests {
  @Test(arguments: [("sched", true), ("sched", false), ("sched_raw", false)])
  func schedulerProgramsAttach(object name: String, kernelWaits: Bool) throws {
    var object = try ProgramObject(name)
    try object.setCapacity("sched_cpus", PossibleCPUs.end)
    try object.setCapacity("task_waits", 4096)
    try object.configure(
      SchedConfig(
        histograms: 1, kernel_waits: kernelWaits ? 1 : 0,
        task_storage: kernelWaits ? 1 : 0, cgroup_waits: 0, version1: 1,
        pmu_events: 7, weighs: kernelWaits ? 1 : 0, siblings: 1, sibling_loss: 461, unused: 0, since_ns: 0))
    do { try object.load() } catch { print(error.log); throw error }
    for program in [
      "sched_switch", "sched_wakeup", "sched_wakeup_new", "sched_migrate_task", "sched_process_fork",
      "sched_process_exec", "sched_process_free",
    ] { try object.attach(program) }
    try object.run("watch_cpu", onEach: Array(0..<PossibleCPUs.end))
    if kernelWaits {
      try object.attach("sched_process_exit")
      try object.run("weigh_running", onEach: Array(0..<PossibleCPUs.end))
      try Self.weighedProcesses(object)
    }
    let cpus = try MappedArray<SchedPerCPU>("sched_cpus", of: object)
    #expect(cpus.load(0, \.time.anchor_ns) > 0)
  }

  /// The passes over tasks that are weighed.
  private static func weighedProcesses(_ scheduler: borrowing ProgramObject) throws {
    var process = try ProgramObject("process")
    try process.setCapacity("process_cpus", PossibleCPUs.end)
    try process.setCapacity("watched", 128)
    for map in ["weighed_tasks", "weight_cpus"] { try process.share(map, of: scheduler) }
    try process.configure(
      ProcessConfig(page_shift: 12, by_cgroup: 1, version1: 1, weighed: 1, pending: 1024, by_tree: 0, unused: 0))
    do { try process.load() } catch { print(error.log); throw error }
    try process.attach("sched_process_free")
    try process.attach("each_task")
  }

  @Test func otherProgramsAttach() throws {
    var cpu = try ProgramObject("cpu")
    try cpu.setCapacity("idle_cpus", PossibleCPUs.end)
    try cpu.load()
    try cpu.attach("cpu_idle")
    var exits = try ProgramObject("exits")
    try exits.setCapacity("exits_cpus", PossibleCPUs.end)
    try exits.load()
    try exits.attach("sched_process_exit")
    var process = try ProgramObject("process")
    try process.setCapacity("process_cpus", PossibleCPUs.end)
    try process.setCapacity("watched", 128)
    try process.load()
    try process.attach("sched_process_free")
    try process.attach("each_task")
  }

  /// Both forms, with everything on and with as little as one collector needs.
  @Test(arguments: ["irq", "irq_raw"], [(1, 1), (1, 0), (0, 1)])
  func interruptProgramsAttach(name: String, features: (cpuTime: UInt8, histograms: UInt8)) throws {
    var object = try ProgramObject(name)
    try object.setCapacity("interrupt_cpus", PossibleCPUs.end)
    try object.setCapacity("hardirqs", PossibleCPUs.end * 2)
    try object.configure(
      IRQConfig(
        hardirq_slots: 2, cpu_time: features.cpuTime, histograms: features.histograms, lane_shift: 0,
        unused: 0))
    try object.load()
    for program in object.programs() { try object.attach(program.name) }
  }
}
