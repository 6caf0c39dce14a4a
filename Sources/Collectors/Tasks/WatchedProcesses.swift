package import BPF
internal import BPFPrograms
internal import Collecting

/// The map of processes with series of their own, which programs of several collectors count into.
package final class WatchedProcesses: LoadedPrograms {
  /// Owns the map; it has no program.
  private let object: ProgramObject
  private let entries: HashMap<UInt32, WatchedProcess>
  /// What the map held at the last pass.
  private var kept: [UInt32: WatchedProcess] = [:]
  private var isComplete = false
  /// Processes that could not be watched since the map was full.
  private var unwatched: UInt64 = 0

  package var collector: String { "process" }

  init(limit: Int) throws(CollectorFailure) {
    do throws(BPFError) {
      let object = try ProgramObject("watched")
      // a place that changes hands is watched twice for a moment
      try object.setCapacity("watched", max(16, 2 * limit))
      try object.load()
      entries = try HashMap("watched", of: object)
      self.object = object
    } catch {
      throw CollectorFailure(error)
    }
  }

  /// Has `other`, which is not loaded yet, use the map.
  func share(with other: inout ProgramObject) throws(BPFError) { try other.share("watched", of: object) }

  /// Reads the whole map at once, for `subscript` to answer from.
  func update() {
    kept.removeAll(keepingCapacity: true)
    isComplete = entries.forEach { kept[$0] = $1 }
  }

  /// What is kept of process `tgid`, as of the last update.
  subscript(tgid: UInt32) -> WatchedProcess? { isComplete ? kept[tgid] : entries.value(tgid) }

  func add(_ record: ProcessRecord) {
    var entry = WatchedProcess()
    entry.start_ns = record.start_ns
    do throws(BPFError) { try entries.set(record.tgid, entry) } catch { unwatched += 1 }
  }

  func remove(_ tgid: UInt32) { entries.remove(tgid) }

  package func programs() -> [ProgramStatistics] { [] }
  package func maps() -> [MapDescription] { object.maps() }
  package func lostUpdates() -> [(map: String, cause: String, count: UInt64)] { [("watched", "full", unwatched)] }
  package func detach() {}
  package func reattach() throws(BPFError) {}
}
