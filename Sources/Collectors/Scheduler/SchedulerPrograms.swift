internal import ByteText
package import BPF
package import BPFPrograms
internal import Collecting
internal import Host
internal import Logging

/// The programs at the scheduler's hooks, in the cheapest form this kernel takes.
package final class SchedulerPrograms: LoadedPrograms {
  /// How waits are measured. Each form counts the same things; the first ones cost less.
  package enum Form: String, Sendable, CaseIterable {
    /// The kernel says when a task was queued and what time its run queue has.
    case kernelWaits
    /// Wakeups leave a stamp in task storage.
    case stamps
    /// As `kernelWaits`, with a hash for what is kept of a task (kernels before 5.12 have no task storage).
    case kernelWaitsHashed
    /// Wakeups leave a stamp in a hash.
    case hashed
    /// No BTF: tasks are known by address only.
    case raw

    var kernelKeepsWaits: Bool { self == .kernelWaits || self == .kernelWaitsHashed }
    var usesTaskStorage: Bool { self == .kernelWaits || self == .stamps }
  }

  package let form: Form
  /// One element per possible CPU.
  package let cpus: MappedArray<SchedPerCPU>
  private let pmuCPUs: MappedArray<PMUPerCPU>?
  let cgroupWaits: PerCPUHash<CgroupKey, CgroupWaits>?
  var groupWaits = GroupWaits()
  /// How tasks are weighed; nil where they are not.
  let weighing: Weighing?
  let weightCPUs: MappedArray<WeightPerCPU>?
  /// The place of its package by CPU, as far as the programs know it.
  var lanes: [Int: Int]
  var object: ProgramObject
  /// Control groups that could not be watched.
  var unwatched: UInt64 = 0

  package var collector: String { "sched" }

  /// Loads and attaches the programs in the first form this kernel takes.
  ///
  /// With `events` and `watched`, the events are counted by process; with `weighing`, tasks are weighed where the form can.
  static func load(
    options: CollectorOptions, events: ProcessorEvents?, watched: WatchedProcesses?, weighing: Weighing?, logger: Logger
  ) throws(CollectorFailure) -> SchedulerPrograms {
    let forms = options.scheduler.form.map { [$0] } ?? candidates(paths: options.paths)
    // better a form that costs less than one that weighs
    let attempts: [(form: Form, weighing: Weighing?)] = forms.flatMap { form in
      weighing != nil && form.usesTaskStorage ? [(form, weighing), (form, nil)] : [(form, nil)]
    }
    return try first("scheduler", of: attempts, name: \.form.rawValue, logger: logger) { attempt throws(BPFError) in
      let counting = attempt.form == .raw ? nil : events.flatMap { events in watched.map { (events, $0) } }
      return try SchedulerPrograms(attempt.form, options: options, counting: counting, weighing: attempt.weighing)
    }
  }

  private init(
    _ form: Form, options: CollectorOptions, counting: (events: ProcessorEvents, watched: WatchedProcesses)?,
    weighing: Weighing?
  ) throws(BPFError) {
    var object = try Self.open(form, options: options, counting: counting, weighing: weighing)
    lanes = try Self.setLanes(of: weighing, in: object)
    try Self.attach(&object, form: form, options: options, weighs: weighing != nil)
    weightCPUs = try weighing == nil ? nil : MappedArray("weight_cpus", of: object)
    cpus = try MappedArray("sched_cpus", of: object)
    cgroupWaits = try Self.keepsCgroupWaits(form, options) ? PerCPUHash("cgroup_waits", of: object) : nil
    try cgroupWaits?.create(CgroupKey())
    pmuCPUs = try counting == nil ? nil : MappedArray("pmu_cpus", of: object)
    self.weighing = weighing
    self.object = object
    self.form = form
  }

  /// The forms to try, best first.
  private static func candidates(paths: HostPaths) -> [Form] {
    if !KernelBTF.isPresent { return [.raw] }
    return queueTimesAreKept(paths: paths) ? [.kernelWaits, .kernelWaitsHashed, .hashed] : [.stamps, .hashed]
  }

  /// Whether the kernel fills sched_info: without it, or with it switched off, schedstat is missing or all zero.
  private static func queueTimesAreKept(paths: HostPaths) -> Bool {
    guard let text = try? SmallFile.text(paths.proc("self/schedstat")) else { return false }
    let slices = text.split(at: " ").last.flatMap { UInt64($0) } ?? 0
    return slices > 0
  }

  private static func open(
    _ form: Form, options: CollectorOptions, counting: (events: ProcessorEvents, watched: WatchedProcesses)?,
    weighing: Weighing?
  ) throws(BPFError) -> ProgramObject {
    var object = try ProgramObject(form == .raw ? "sched_raw" : "sched")
    try object.setCapacity("sched_cpus", PossibleCPUs.end)
    try object.setCapacity("task_waits", form.usesTaskStorage ? 1 : options.scheduler.tasks)
    if form.usesTaskStorage {
      try object.omit(program: "sched_process_free")
    } else if form != .raw {
      try object.omit(map: "task_storage")
    }
    if weighing != nil {
      try object.setCapacity("weight_cpus", PossibleCPUs.end)
      // it holds the waits, too
      try object.omit(map: "task_storage")
    } else if form != .raw {
      try omitWeights(in: &object)
      for program in weighingPrograms { try object.omit(program: program) }
    }
    let keepsCgroupWaits = keepsCgroupWaits(form, options)
    if keepsCgroupWaits {
      try object.setCapacity("cgroup_waits", options.cgroup.limit + 1)
    } else if form != .raw {
      try object.omit(map: "cgroup_waits")
    }
    if let counting {
      try counting.watched.share(with: &object)
      try object.setCapacity("pmu_cpus", PossibleCPUs.end)
      try object.setCapacity("pmu_events", PossibleCPUs.end * Int(PROCESS_EVENT_COUNTERS))
    } else if form != .raw {
      for map in WatchedProcesses.maps + ["pmu_cpus", "pmu_events"] { try object.omit(map: map) }
    }
    let countsEvents = options.enabled.contains("sched")
    if !countsEvents {
      for program in eventPrograms { try object.omit(program: program) }
    }
    if !countsEvents || form.kernelKeepsWaits {
      try object.omit(program: "sched_wakeup")
    }
    if countsEvents && options.hasFineHistograms { try object.refine("sched_cpus") }
    try object.configure(
      SchedConfig(
        histograms: countsEvents ? 1 : 0,
        kernel_waits: form.kernelKeepsWaits ? 1 : 0, task_storage: form.usesTaskStorage ? 1 : 0,
        cgroup_waits: keepsCgroupWaits ? 1 : 0,
        version1: ControlGroupHierarchy.version1Exists(paths: options.paths) ? 1 : 0,
        pmu_events: counting?.events.processMask ?? 0, weighs: weighing == nil ? 0 : 1,
        siblings: UInt8(weighing?.siblings ?? 0), sibling_loss: weighing?.siblingLoss ?? 0, unused: 0,
        since_ns: MonotonicClock.sinceBoot))
    try object.load()
    try counting?.events.install(in: object)
    return object
  }

  /// Without BTF a task's control group is not known.
  private static func keepsCgroupWaits(_ form: Form, _ options: CollectorOptions) -> Bool {
    form != .raw && options.measuresCgroupWaits
  }

  private static let eventPrograms = [
    "sched_wakeup_new", "sched_migrate_task", "sched_process_fork", "sched_process_exec",
  ]

  private static let weighingPrograms = ["weigh_running", "sched_process_exit"]

  private static func attach(
    _ object: inout ProgramObject, form: Form, options: CollectorOptions, weighs: Bool
  ) throws(BPFError) {
    // whatever sysfs says: a CPU that is offline refuses
    try object.run("watch_cpu", onEach: Array(0..<PossibleCPUs.end))
    // wakeups first, so that no switch finds a task whose wakeup was missed
    if options.enabled.contains("sched") {
      if !form.kernelKeepsWaits { try object.attach("sched_wakeup") }
      for program in eventPrograms { try object.attach(program) }
    }
    if !form.usesTaskStorage { try object.attach("sched_process_free") }
    if weighs { try object.attach("sched_process_exit") }
    try object.attach("cpuhp_enter")
    try object.attach("sched_switch")
  }

  /// Whether the PMU's events are counted by process.
  var countsEventsByProcess: Bool { pmuCPUs != nil }

  /// Counts by an event that was opened anew from now on; where the kernel refuses, it is not counted by process.
  func count(_ event: ProcessorEvent, cpu: Int, _ descriptor: CInt) {
    if countsEventsByProcess { try? ProcessorEvents.install(event, cpu, descriptor, in: object) }
  }

  /// What was counted of `event` for processes without series of their own.
  func unwatchedCount(of event: ProcessorEvent) -> UInt64 {
    pmuCPUs?.sum(offset: MemoryLayout<PMUPerCPU>.offset(of: \.unwatched)! + event.rawValue * 8) ?? 0
  }

  package func programs() -> [ProgramStatistics] { object.programs() }
  package func attachments() -> [ProgramAttachment] { object.attachments() }
  package func maps() -> [MapDescription] { object.maps() }
  package func detach() { object.detach() }
  package func reattach() throws(BPFError) { try object.reattach() }

  package func lostUpdates() -> [(map: String, cause: String, count: UInt64)] {
    let map = weighing != nil ? "weighed_tasks" : form.usesTaskStorage ? "task_storage" : "task_waits"
    let lost = cpus.sum(offset: MemoryLayout<SchedPerCPU>.offset(of: \.lost)!)
    return [(map, map == "task_waits" ? "full" : "memory", lost), ("cgroup_waits", "full", unwatched)]
  }
}
