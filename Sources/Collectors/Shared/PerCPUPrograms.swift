package import BPF
internal import Collecting

/// An eBPF object that keeps all its counters in one array, an element per possible CPU or lane of CPUs.
///
/// `Element` is the C struct of the array's elements.
package final class PerCPUPrograms<Element: BitwiseCopyable>: RestartablePrograms {
  package let cpus: MappedArray<Element>
  package let collector: String
  private var object: ProgramObject

  /// Loads the embedded object `name` and attaches `programs` in this order.
  ///
  /// - Parameters:
  ///   - map: the array with an element per CPU.
  ///   - isFine: its histograms tell eighths of powers of two apart.
  ///   - budget: bytes that the array may take before CPUs share its elements; nil: each has its own.
  ///   - collector: the collector that pays for it; nil: the one of the object's name.
  init(
    _ name: String, map: String, attaching programs: [String], isFine: Bool = false, budget: Int? = nil,
    collector: String? = nil
  )
    throws(CollectorFailure)
  {
    do throws(BPFError) {
      var object = try ProgramObject(name)
      if let budget {
        try Lanes(size: MemoryLayout<Element>.stride, budget: budget).set(map, in: object)
      } else {
        try object.setCapacity(map, PossibleCPUs.end)
      }
      if isFine { try object.refine(map) }
      try object.load()
      for program in programs { try object.attach(program) }
      cpus = try MappedArray(map, of: object)
      self.object = object
      self.collector = collector ?? name
    } catch {
      throw CollectorFailure(error)
    }
  }

  package func programs() -> [ProgramStatistics] { object.programs() }
  package func attachments() -> [ProgramAttachment] { object.attachments() }
  package func maps() -> [MapDescription] { object.maps() }
  package func detach() { object.detach() }
  package func clear() throws(BPFError) { try object.clear() }
  package func reattach() throws(BPFError) { try object.reattach() }
  package func lostUpdates() -> [(map: String, cause: String, count: UInt64)] { [] }
}
