package import BPF
package import BPFPrograms
internal import Collecting

/// The programs at interrupt handlers and idle states.
package final class InterruptPrograms: LoadedPrograms {
  /// One element per possible CPU.
  package let cpus: MappedArray<interrupt_cpu>
  private let object: ProgramObject

  package var collector: String { "cpu" }

  init() throws(CollectorFailure) {
    do throws(BPFError) {
      var object = try ProgramObject("cpu")
      try object.setCapacity("interrupt_cpus", PossibleCPUs.count)
      try object.load()
      for program in ["irq_handler_entry", "irq_handler_exit", "softirq_entry", "softirq_exit", "cpu_idle"] {
        try object.attach(program)
      }
      cpus = try MappedArray("interrupt_cpus", of: object)
      self.object = object
    } catch {
      throw CollectorFailure(error)
    }
  }

  package func programs() -> [ProgramStatistics] { object.programs() }
  package func maps() -> [MapDescription] { object.maps() }
  package func lostUpdates() -> [(map: String, cause: String, count: UInt64)] { [] }
}
