package import BPF
package import BPFPrograms
internal import Collecting
internal import Host
internal import Logging

/// The programs at system calls: at their exit for as long as this lives, at their entry where and while calls are timed.
package final class SyscallPrograms: RestartablePrograms {
  package let timing: SyscallOptions.Timing
  /// Where the begin of a task's call is kept where all are timed.
  package let form: TaskForm
  /// One element per possible CPU.
  package let cpus: MappedArray<SyscallsPerCPU>
  /// For each lane of CPUs `histogramsPerLane` elements; where nothing is timed one without meaning.
  package let durations: MappedArray<CallDurations>
  /// Where all calls are timed one element per possible CPU; else one without meaning.
  package let times: MappedArray<SyscallTimes>
  package let histogramsPerLane: Int
  /// Whose durations are kept together.
  package let lanes: Lanes
  /// Where calls are sampled: attaches the program at their entry.
  package let entry: TracepointSwitch?
  private var object: ProgramObject

  package var collector: String { "syscalls" }

  /// What durations of a sample may take, in bytes.
  private static let budget = 1 << 18

  /// Loads and attaches the programs in the first form this kernel takes.
  ///
  /// With `watched`, calls are counted by process, too.
  static func load(
    options: CollectorOptions, watched: WatchedProcesses?, logger: Logger
  ) throws(CollectorFailure) -> SyscallPrograms {
    // the forms differ where all calls are timed
    let all = options.syscalls.timing == .all ? TaskForm.allCases : [.taskStorage]
    let forms = options.syscalls.form.map { [$0] } ?? all
    return try first("syscall", of: forms, name: \.rawValue, logger: logger) { form throws(BPFError) in
      try SyscallPrograms(form, options: options, watched: watched)
    }
  }

  private init(_ form: TaskForm, options: CollectorOptions, watched: WatchedProcesses?) throws(BPFError) {
    timing = options.syscalls.timing
    histogramsPerLane = options.syscalls.hasHistogramsBySyscall ? Int(SYSCALL_INDEXES) : Int(SYSCALL_CATEGORIES)
    // few calls are timed, unless all are
    lanes = Lanes(
      size: histogramsPerLane * MemoryLayout<CallDurations>.stride, budget: timing == .all ? .max : Self.budget)
    self.form = form
    var object = try Self.open(
      form, options: options, lanes: lanes, histograms: lanes.count * histogramsPerLane, watched: watched)
    try object.run("watch", onEach: [0])
    // where threads of calls end, it is the registers at an exit that tell where registers are
    var programs = ["sys_exit", "sched_process_exit"]
    switch timing {
    case .off: entry = nil
    case .sampled:
      entry = try object.makeSwitch(of: "sys_enter")
      programs.append("sched_process_exec")
    case .all:
      entry = nil
      // last: an entry whose exit was not seen would be a long call
      programs.append("sys_enter")
    }
    for program in programs { try object.attach(program) }
    cpus = try MappedArray("syscalls_cpus", of: object)
    durations = try MappedArray("syscall_durations", of: object)
    times = try MappedArray("syscall_times", of: object)
    self.object = object
  }

  private static func open(
    _ form: TaskForm, options: CollectorOptions, lanes: Lanes, histograms: Int, watched: WatchedProcesses?
  ) throws(BPFError) -> ProgramObject {
    let timing = options.syscalls.timing
    var object = try ProgramObject("syscalls")
    try WatchedProcesses.share(watched, with: &object)
    try object.setCapacity("syscalls_cpus", PossibleCPUs.end)
    if timing != .off { try object.setCapacity("syscall_durations", histograms) }
    if timing == .all { try object.setCapacity("syscall_times", PossibleCPUs.end) }
    if timing == .sampled {
      try object.setCapacity("syscall_begins", Int(SYSCALL_BEGINS))
    } else {
      try object.omit(map: "syscall_begins")
      try object.omit(program: "sched_process_exec")
    }
    if timing == .off { try object.omit(program: "sys_enter") }
    if timing != .all || form != .taskStorage { try object.omit(map: "syscall_storage") }
    if timing != .all || form != .hashed {
      try object.omit(map: "syscall_tasks")
    } else {
      try object.setCapacity("syscall_tasks", options.scheduler.tasks)
    }
    if timing != .off && options.hasFineHistograms { try object.refine("syscall_durations") }
    var config = configuration(form, options: options.syscalls, hasDetail: watched != nil)
    config.lane_shift = UInt8(lanes.shift)
    try object.configure(config)
    try object.load()
    return object
  }

  private static func configuration(_ form: TaskForm, options: SyscallOptions, hasDetail: Bool) -> SyscallsConfig {
    var config = SyscallsConfig()
    withUnsafeMutableBytes(of: &config.kinds) { $0.copyBytes(from: SyscallKinds.all) }
    config.sigreturn = SyscallKinds.sigreturn
    config.timing =
      switch options.timing {
      case .off: UInt8(TIMING_OFF)
      case .sampled: UInt8(TIMING_SAMPLED)
      case .all: UInt8(TIMING_ALL)
      }
    config.task_storage = form == .taskStorage ? 1 : 0
    config.by_syscall = options.hasHistogramsBySyscall ? 1 : 0
    config.detail = hasDetail ? 1 : 0
    return config
  }

  /// System calls so far, over all CPUs.
  var totalCalls: UInt64 {
    let first = MemoryLayout<SyscallsPerCPU>.offset(of: \.calls)!
    return (0..<Int(SYSCALL_INDEXES)).reduce(0) { $0 &+ cpus.sum(offset: first + $1 * 8) }
  }

  /// What is shown by process.
  var details: [ProcessDetailSource] {
    let unwatched = MemoryLayout<SyscallsPerCPU>.offset(of: \.unwatched)!
    return [
      ProcessDetailSource(
        family: ProcessCollector.systemCalls,
        counters: [.init(member: \.syscalls) { self.cpus.sum(offset: unwatched) }])
    ]
  }

  package func programs() -> [ProgramStatistics] { object.programs() }
  package func attachments() -> [ProgramAttachment] { object.attachments() }
  package func maps() -> [MapDescription] { object.maps() }

  package func detach() {
    entry?.hold()
    object.detach()
  }

  package func clear() throws(BPFError) { try object.clear() }
  package func reattach() throws(BPFError) {
    try object.run("watch", onEach: [0])
    try object.reattach()
    entry?.letGo()
  }

  package func lostUpdates() -> [(map: String, cause: String, count: UInt64)] {
    guard timing == .all else { return [] }
    let lost = cpus.sum(offset: MemoryLayout<SyscallsPerCPU>.offset(of: \.lost)!)
    switch form {
    case .taskStorage: return [("syscall_storage", "memory", lost)]
    case .hashed: return [("syscall_tasks", "full", lost)]
    }
  }
}

extension SyscallCategory {
  /// The index of a category in the kernel's histograms.
  static func index(of category: SyscallCategory) -> Int { allCases.firstIndex(of: category)! }
}
