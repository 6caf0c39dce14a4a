internal import ByteText
package import BPF
package import BPFPrograms
internal import Collecting
internal import Glibc
internal import Logging

/// The programs at the beginning and the end of waits for the kernel's locks.
package final class LockPrograms: RestartablePrograms {
  /// Where waits for locks that sleep are kept.
  package let form: TaskForm
  /// One element per possible CPU.
  package let cpus: MappedArray<LocksPerCPU>
  private var object: ProgramObject

  package var collector: String { "locks" }

  /// Loads and attaches the programs in the first form this kernel takes.
  static func load(options: CollectorOptions, logger: Logger) throws(CollectorFailure) -> LockPrograms {
    let forms = options.locks.form.map { [$0] } ?? TaskForm.allCases
    return try first("lock", of: forms, name: \.rawValue, logger: logger, failure: failure) { form throws(BPFError) in
      try LockPrograms(form, options: options)
    }
  }

  private init(_ form: TaskForm, options: CollectorOptions) throws(BPFError) {
    var object = try Self.open(form, options: options)
    try Self.attach(&object, form: form)
    cpus = try MappedArray("locks_cpus", of: object)
    self.form = form
    self.object = object
  }

  /// What an operator needs to know: most often that the kernel is older than the tracepoints.
  static func failure(_ error: BPFError) -> CollectorFailure {
    guard error.errno == ENOENT, error.operation.begins(with: "attach contention_") else {
      return CollectorFailure(error)
    }
    return CollectorFailure(
      .hook, "\(error.description): this kernel has no tracepoints lock:contention_begin and contention_end",
      cure: "use kernel 5.19 or later, or leave out --collector.locks")
  }

  private static func open(_ form: TaskForm, options: CollectorOptions) throws(BPFError) -> ProgramObject {
    let object = try ProgramObject("locks")
    try object.setCapacity("locks_cpus", PossibleCPUs.end)
    switch form {
    case .taskStorage: try object.omit(program: "sched_process_free")
    case .hashed:
      try object.omit(map: "lock_storage")
      try object.setCapacity("lock_waits", options.scheduler.tasks)
    }
    if options.hasFineHistograms { try object.refine("locks_cpus") }
    try object.configure(LocksConfig(task_storage: form == .taskStorage ? 1 : 0, unused: (0, 0, 0)))
    try object.load()
    return object
  }

  private static func attach(_ object: inout ProgramObject, form: TaskForm) throws(BPFError) {
    try object.run(watching, onEach: Array(0..<PossibleCPUs.end))
    if form == .hashed { try object.attach("sched_process_free") }
    try object.attach("contention_end")
    try object.attach("contention_begin")
  }

  /// From here on waits are counted: those that began before have no beginning or no end.
  private static let watching = "watch_locks"

  package func programs() -> [ProgramStatistics] { object.programs() }
  package func attachments() -> [ProgramAttachment] { object.attachments() }
  package func maps() -> [MapDescription] { object.maps() }
  package func detach() { object.detach() }

  package func clear() throws(BPFError) { try object.clear() }
  package func reattach() throws(BPFError) {
    try object.run(Self.watching, onEach: Array(0..<PossibleCPUs.end))
    try object.reattach()
  }

  package func lostUpdates() -> [(map: String, cause: String, count: UInt64)] {
    let lost = cpus.sum(offset: MemoryLayout<LocksPerCPU>.offset(of: \.lost)!)
    let tooDeep = cpus.sum(offset: MemoryLayout<LocksPerCPU>.offset(of: \.too_deep)!)
    let kept = form == .taskStorage ? "lock_storage" : "lock_waits"
    return [(kept, form == .taskStorage ? "memory" : "full", lost), ("locks_cpus", "nesting", tooDeep)]
  }

  /// Runs a program as if its event had come on `cpu`, with the tracepoint's `arguments`; for tests.
  package func run(_ program: String, on cpu: Int, _ arguments: UInt64...) throws(BPFError) {
    try object.run(program, onEach: [cpu], arguments: arguments)
  }
}
