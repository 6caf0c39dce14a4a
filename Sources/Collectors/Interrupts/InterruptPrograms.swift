package import BPF
package import BPFPrograms
internal import Collecting
internal import Logging

/// The programs at the hooks of hardware and software interrupts, which `cpu` and `irq` read.
package final class InterruptPrograms: LoadedPrograms {
  package enum Form: String, Sendable, CaseIterable {
    /// The handlers of a shared line are one interrupt.
    case btf = "irq"
    /// No BTF: each handler of a shared line counts as an interrupt.
    case raw = "irq_raw"
  }

  package let form: Form
  /// One element per possible CPU.
  package let cpus: MappedArray<InterruptsPerCPU>
  /// Histograms of hardware interrupts: `slots` of each lane of CPUs, one lane after the other.
  package let hardirqs: MappedArray<HardirqCounters>
  /// How many histograms of hardware interrupts a lane has; the first is shared by all that have none of their own.
  package let slots: Int
  package let collector: String
  /// Bytes of kernel memory that these histograms may take where CPUs are many.
  private static let budget = 1 << 19
  private let slotOfNumber: HashMap<UInt32, UInt32>
  private var object: ProgramObject

  /// Loads and attaches the programs in the first form this kernel takes.
  static func load(options: CollectorOptions, logger: Logger) throws(CollectorFailure) -> InterruptPrograms {
    let forms = options.interrupts.form.map { [$0] } ?? (KernelBTF.isPresent ? [.btf, .raw] : [.raw])
    return try first("interrupt", of: forms, name: \.rawValue, logger: logger) { form throws(BPFError) in
      try InterruptPrograms(form, options: options)
    }
  }

  private init(_ form: Form, options: CollectorOptions) throws(BPFError) {
    let isRead = options.enabled.contains("irq")
    slots = isRead ? options.interrupts.limit + 1 : 1
    var object = try Self.open(form, options: options, slots: slots)
    try Self.attach(&object, histograms: isRead)
    cpus = try MappedArray("interrupt_cpus", of: object)
    hardirqs = try MappedArray("hardirqs", of: object)
    slotOfNumber = try HashMap("irq_slots", of: object)
    self.form = form
    self.object = object
    collector = isRead ? "irq" : "cpu"
  }

  private static func open(
    _ form: Form, options: CollectorOptions, slots: Int
  ) throws(BPFError) -> ProgramObject {
    let object = try ProgramObject(form.rawValue)
    let histograms = options.enabled.contains("irq")
    let lanes = Lanes(size: slots * MemoryLayout<HardirqCounters>.stride, budget: budget)
    try object.setCapacity("interrupt_cpus", PossibleCPUs.end)
    try object.setCapacity("hardirqs", lanes.count * slots)
    if !histograms {
      try object.setCapacity("irq_slots", 1)
      try object.omit(program: "softirq_raise")
    }
    if histograms && options.hasFineHistograms { for map in ["interrupt_cpus", "hardirqs"] { try object.refine(map) } }
    try object.configure(
      IRQConfig(
        hardirq_slots: UInt32(slots), cpu_time: options.enabled.contains("cpu") ? 1 : 0, histograms: histograms ? 1 : 0,
        lane_shift: UInt8(lanes.shift), unused: 0))
    try object.load()
    return object
  }

  private static func attach(_ object: inout ProgramObject, histograms: Bool) throws(BPFError) {
    try object.run(forgetting, onEach: Array(0..<PossibleCPUs.end))
    // the end before the beginning, and raises last: no stamp is left by what has begun or run unseen
    var programs = ["irq_handler_exit", "irq_handler_entry", "softirq_exit", "softirq_entry"]
    if histograms { programs += ["cpuhp_enter", "softirq_raise"] }
    for program in programs { try object.attach(program) }
  }

  /// Forgets what each CPU was in the middle of.
  private static let forgetting = "cpuhp_enter"

  /// Has interrupt `number` counted in the histogram `slot` of each lane.
  func assign(_ number: Int, to slot: Int) throws(BPFError) {
    try slotOfNumber.set(UInt32(number), UInt32(slot))
  }

  package func programs() -> [ProgramStatistics] { object.programs() }
  package func attachments() -> [ProgramAttachment] { object.attachments() }
  package func maps() -> [MapDescription] { object.maps() }
  package func lostUpdates() -> [(map: String, cause: String, count: UInt64)] { [] }
  package func detach() { object.detach() }

  package func reattach() throws(BPFError) {
    try object.run(Self.forgetting, onEach: Array(0..<PossibleCPUs.end))
    try object.reattach()
  }

  /// Runs a program as if its event had come on `cpu`, with the tracepoint's `arguments`; for tests.
  package func run(_ program: String, on cpu: Int, _ arguments: UInt64...) throws(BPFError) {
    try object.run(program, onEach: [cpu], arguments: arguments)
  }
}
