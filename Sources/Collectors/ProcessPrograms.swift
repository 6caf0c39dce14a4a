package import BPF
internal import BPFPrograms
internal import Collecting
internal import Host

/// The task iterator and the program at the end of tasks.
package final class ProcessPrograms: LoadedPrograms {
  private var object: ProgramObject
  private let iterator: IteratorReader
  private let cpus: MappedArray<process_cpu>
  private let watched: HashMap<UInt32, watched_process>
  /// What `watched` held after the last pass.
  private var kept: [UInt32: watched_process] = [:]
  /// Processes that could not be watched since the map was full.
  private var unwatched: UInt64 = 0

  package var collector: String { "process" }

  init(limit: Int) throws(CollectorFailure) {
    do throws(BPFError) {
      var object = try ProgramObject("process")
      try object.setCapacity("process_cpus", PossibleCPUs.count)
      // a place that changes hands is watched twice for a moment
      try object.setCapacity("watched", max(16, 2 * limit))
      let shift = UInt32(Kernel.pageSize.trailingZeroBitCount)
      try object.configure(process_config(page_shift: shift))
      try object.load()
      try object.attach("sched_process_free")
      try object.attach("each_task")
      iterator = try IteratorReader("each_task", of: object)
      cpus = try MappedArray("process_cpus", of: object)
      watched = try HashMap("watched", of: object)
      self.object = object
    } catch {
      throw CollectorFailure(error)
    }
  }

  /// Goes once over all tasks and brings `table` up to now. `cgroup` finds the control group of a process by its id.
  func pass(_ table: inout ProcessTable, now: UInt64, cgroup: (UInt32) -> String) throws(CollectorFailure) {
    let dead = deadUsage()
    table.beginPass(now: now)
    do throws(BPFError) {
      try iterator.pass { bytes in
        var offset = 0
        while offset + MemoryLayout<thread_record>.size <= bytes.count {
          if bytes.load(fromByteOffset: offset, as: UInt32.self) == RECORD_PROCESS.rawValue {
            table.add(bytes.load(fromByteOffset: offset, as: process_record.self))
            offset += MemoryLayout<process_record>.stride
          } else {
            table.add(bytes.load(fromByteOffset: offset, as: thread_record.self))
            offset += MemoryLayout<thread_record>.stride
          }
        }
      }
    } catch {
      throw CollectorFailure(.read, error.description, cure: "see the kernel's log")
    }
    kept.removeAll(keepingCapacity: true)
    let isComplete = watched.forEach { kept[$0] = $1 }
    table.endPass(
      dead: dead,
      watched: { isComplete ? self.kept[$0] : self.watched.value($0) },
      admit: { record in
        self.watch(record)
        return cgroup(record.tgid)
      },
      forget: { self.watched.remove($0) })
  }

  private func watch(_ record: process_record) {
    var entry = watched_process()
    entry.start_ns = record.start_ns
    do throws(BPFError) { try watched.set(record.tgid, entry) } catch { unwatched += 1 }
  }

  private func deadUsage() -> usage {
    var words = [UInt64](repeating: 0, count: MemoryLayout<usage>.size / 8)
    cpus.addWords(at: MemoryLayout<process_cpu>.offset(of: \.dead)!, to: &words)
    return words.withUnsafeBytes { $0.load(as: usage.self) }
  }

  package func programs() -> [ProgramStatistics] { object.programs() }
  package func maps() -> [MapDescription] { object.maps() }
  package func detach() { object.detach() }
  package func reattach() throws(BPFError) { try object.reattach() }
  package func lostUpdates() -> [(map: String, cause: String, count: UInt64)] { [("watched", "full", unwatched)] }
}
