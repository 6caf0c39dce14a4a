package import BPF
package import BPFPrograms
internal import Collecting

/// The program at the death of thread groups.
package final class ExitPrograms: LoadedPrograms {
  /// One element per possible CPU.
  package let cpus: MappedArray<exits_cpu>
  private let object: ProgramObject

  package var collector: String { "exits" }

  init() throws(CollectorFailure) {
    do throws(BPFError) {
      var object = try ProgramObject("exits")
      try object.setCapacity("exits_cpus", PossibleCPUs.count)
      try object.load()
      try object.attach("sched_process_exit")
      cpus = try MappedArray("exits_cpus", of: object)
      self.object = object
    } catch {
      throw CollectorFailure(error)
    }
  }

  /// Thread groups that ended since the program was attached.
  package func total() -> UInt64 {
    let base = MemoryLayout<exits_cpu>.offset(of: \.processes)!
    return (0..<Int(POLICIES) * Int(EXIT_RESULTS.rawValue)).reduce(0) { $0 + cpus.sum(offset: base + $1 * 8) }
  }

  package func programs() -> [ProgramStatistics] { object.programs() }
  package func maps() -> [MapDescription] { object.maps() }
  package func lostUpdates() -> [(map: String, cause: String, count: UInt64)] { [] }
}
