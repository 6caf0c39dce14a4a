package import BPF
package import BPFPrograms
internal import Collecting
internal import Host
internal import Logging

/// The programs at the entry and the exit of system calls.
package final class SyscallPrograms: LoadedPrograms {
  /// Where a task's call is kept while it runs.
  package let form: TaskForm
  /// One element per possible CPU.
  package let cpus: MappedArray<SyscallsPerCPU>
  /// With histograms by call `SYSCALL_INDEXES` elements per possible CPU, CPU by CPU; else one without meaning.
  package let durations: MappedArray<SyscallSlots>
  private var object: ProgramObject

  package var collector: String { "syscalls" }

  /// Loads and attaches the programs in the first form this kernel takes.
  ///
  /// With `watched`, calls are counted by process, too.
  static func load(
    options: CollectorOptions, watched: WatchedProcesses?, logger: Logger
  ) throws(CollectorFailure) -> SyscallPrograms {
    let forms = options.syscalls.form.map { [$0] } ?? TaskForm.allCases
    return try first("syscall", of: forms, name: \.rawValue, logger: logger) { form throws(BPFError) in
      try SyscallPrograms(form, options: options, watched: watched)
    }
  }

  private init(_ form: TaskForm, options: CollectorOptions, watched: WatchedProcesses?) throws(BPFError) {
    var object = try Self.open(form, options: options, watched: watched)
    try object.run("watch", onEach: [0])
    // entries last: an exit whose entry was not seen is no call, an entry whose exit was not seen would be a long one
    for program in ["sched_process_exit", "sys_exit", "sys_enter"] { try object.attach(program) }
    cpus = try MappedArray("syscalls_cpus", of: object)
    durations = try MappedArray("syscall_durations", of: object)
    self.object = object
    self.form = form
  }

  private static func open(
    _ form: TaskForm, options: CollectorOptions, watched: WatchedProcesses?
  ) throws(BPFError) -> ProgramObject {
    let isByCall = options.syscalls.hasHistogramsBySyscall
    var object = try ProgramObject("syscalls")
    try WatchedProcesses.share(watched, with: &object)
    try object.setCapacity("syscalls_cpus", PossibleCPUs.end)
    try object.setCapacity("syscall_durations", isByCall ? PossibleCPUs.end * Int(SYSCALL_INDEXES) : 1)
    switch form {
    case .taskStorage: try object.omit(map: "syscall_tasks")
    case .hashed:
      try object.omit(map: "syscall_storage")
      try object.setCapacity("syscall_tasks", options.scheduler.tasks)
    }
    try object.configure(configuration(form, isByCall: isByCall, hasDetail: watched != nil))
    try object.load()
    return object
  }

  private static func configuration(_ form: TaskForm, isByCall: Bool, hasDetail: Bool) -> SyscallsConfig {
    let table = SyscallTable.native
    var config = SyscallsConfig()
    withUnsafeMutableBytes(of: &config.categories) { categories in
      for index in categories.indices { categories[index] = UInt8(SyscallCategory.index(of: table.category(index))) }
    }
    // no number: a table without the call
    config.sigreturn = (0...table.highest).first { table.name($0) == "rt_sigreturn" }.map(UInt32.init) ?? .max
    config.task_storage = form == .taskStorage ? 1 : 0
    config.by_syscall = isByCall ? 1 : 0
    config.detail = hasDetail ? 1 : 0
    return config
  }

  /// System calls so far, over all CPUs.
  var totalCalls: UInt64 {
    let first = MemoryLayout<SyscallsPerCPU>.offset(of: \.totals)!
    let stride = MemoryLayout<SyscallTotal>.stride
    return (0..<Int(SYSCALL_INDEXES)).reduce(0) { $0 &+ cpus.sum(offset: first + $1 * stride) }
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
  package func maps() -> [MapDescription] { object.maps() }
  package func detach() { object.detach() }

  package func reattach() throws(BPFError) {
    try object.run("watch", onEach: [0])
    try object.reattach()
  }

  package func lostUpdates() -> [(map: String, cause: String, count: UInt64)] {
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
