package import BPF
package import BPFPrograms
internal import Collecting
internal import Logging

/// The programs around the kernel's handler of page faults, where the kernel lets programs stand there.
package final class FaultPrograms: RestartablePrograms {
  /// Where a task's fault is kept while it lasts.
  package let form: TaskForm
  /// One element per possible CPU.
  package let cpus: MappedArray<FaultsPerCPU>
  private var object: ProgramObject

  package var collector: String { "faults" }

  init(options: CollectorOptions, logger: Logger) throws(CollectorFailure) {
    var refusal: CollectorFailure?
    for form in options.faults.form.map({ [$0] }) ?? TaskForm.allCases {
      do throws(BPFError) {
        var object = try Self.open(form, options: options)
        try object.run("watch", onEach: [0])
        if form == .hashed { try object.attach("sched_process_free") }
        for program in ["fault_end", "fault_begin"] { try object.attach(program) }
        cpus = try MappedArray("faults_cpus", of: object)
        self.object = object
        self.form = form
        return
      } catch {
        logger.debug("fault programs refused", metadata: ["form": "\(form.rawValue)", "cause": "\(error)"])
        refusal = refusal ?? CollectorFailure(error)
      }
    }
    throw refusal ?? CollectorFailure(.hook, "no form of the fault programs to try", cure: "leave the form open")
  }

  private static func open(_ form: TaskForm, options: CollectorOptions) throws(BPFError) -> ProgramObject {
    let object = try ProgramObject("faults")
    try object.setCapacity("faults_cpus", PossibleCPUs.end)
    switch form {
    case .taskStorage:
      try object.omit(map: "fault_tasks")
      try object.omit(program: "sched_process_free")
    case .hashed:
      try object.omit(map: "fault_storage")
      try object.setCapacity("fault_tasks", options.scheduler.tasks)
    }
    if options.hasFineHistograms { try object.refine("faults_cpus") }
    try object.configure(FaultsConfig(task_storage: form == .taskStorage ? 1 : 0))
    try object.load()
    return object
  }

  package func programs() -> [ProgramStatistics] { object.programs() }
  package func attachments() -> [ProgramAttachment] { object.attachments() }
  package func maps() -> [MapDescription] { object.maps() }
  package func detach() { object.detach() }

  package func clear() throws(BPFError) { try object.clear() }
  package func reattach() throws(BPFError) {
    try object.run("watch", onEach: [0])
    try object.reattach()
  }

  package func lostUpdates() -> [(map: String, cause: String, count: UInt64)] {
    let lost = cpus.sum(offset: MemoryLayout<FaultsPerCPU>.offset(of: \.lost)!)
    switch form {
    case .taskStorage: return [("fault_storage", "memory", lost)]
    case .hashed: return [("fault_tasks", "full", lost)]
    }
  }
}
