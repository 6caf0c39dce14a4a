package import BPF
internal import BPFPrograms
internal import Energy
internal import Collecting
internal import Host

/// The task iterator and the program at the end of tasks.
package final class ProcessPrograms: LoadedPrograms {
  private var object: ProgramObject
  private let iterator: IteratorReader
  private let cpus: MappedArray<ProcessPerCPU>
  private let watched: WatchedProcesses
  /// Where control groups are followed: run time of their ended processes; in one of the two.
  private let deadByCgroup: HashMap<CgroupKey, DeadInCgroup>?
  private let weighedDead: HashMap<CgroupKey, WeighedDeadInCgroup>?
  /// Whether weights follow each record.
  private let isWeighed: Bool

  package var collector: String { "process" }

  /// Control groups that ended processes are told apart by; more would count as one.
  private static let cgroupCapacity = 8192

  /// With `scheduler`, tasks come with what it weighed them to; with `trees`, these take the place of control groups.
  init(
    options: CollectorOptions, watched: WatchedProcesses, scheduler: SchedulerPrograms?, trees: TreePrograms?
  ) throws(CollectorFailure) {
    let weigher = scheduler?.weighing == nil ? nil : scheduler
    let followsCgroups = options.enabled.contains("cgroup")
    do throws(BPFError) {
      var object = try ProgramObject("process")
      try object.setCapacity("process_cpus", PossibleCPUs.end)
      try watched.share(with: &object)
      if let weigher { try weigher.shareWeights(with: &object) } else { try SchedulerPrograms.omitWeights(in: &object) }
      if let trees { try trees.share(with: &object) } else { try object.omit(map: "tree_tasks") }
      let dead = followsCgroups ? (weigher == nil ? "dead_by_cgroup" : "weighed_dead") : nil
      for map in ["dead_by_cgroup", "weighed_dead"] {
        if map == dead { try object.setCapacity(map, Self.cgroupCapacity) } else { try object.omit(map: map) }
      }
      try object.configure(
        ProcessConfig(
          page_shift: UInt8(Kernel.pageSize.trailingZeroBitCount), by_cgroup: followsCgroups ? 1 : 0,
          version1: ControlGroupHierarchy.version1Exists(paths: options.paths) ? 1 : 0, weighed: weigher == nil ? 0 : 1,
          pending: weigher?.weighing?.pendingWeight ?? 0, by_tree: trees == nil ? 0 : 1, unused: 0))
      try object.load()
      try object.attach("sched_process_free")
      try object.attach("each_task")
      iterator = try IteratorReader("each_task", of: object)
      cpus = try MappedArray("process_cpus", of: object)
      deadByCgroup = try followsCgroups && weigher == nil ? HashMap("dead_by_cgroup", of: object) : nil
      weighedDead = try followsCgroups && weigher != nil ? HashMap("weighed_dead", of: object) : nil
      // what finds no room
      try deadByCgroup?.set(CgroupKey(), DeadInCgroup())
      try weighedDead?.set(CgroupKey(), WeighedDeadInCgroup())
      self.object = object
      isWeighed = weigher != nil
      self.watched = watched
    } catch {
      throw CollectorFailure(error)
    }
  }

  /// Goes once over all tasks and brings `tables` up to now. `cgroup` finds the control group of a process by its id.
  func pass(
    _ tables: inout TaskTables, now: UInt64, cgroup: @escaping (UInt32) -> String, groups: CgroupTable.Events
  ) throws(CollectorFailure) {
    let (dead, deadWeights) = deadUsage()
    tables.beginPass(now: now)
    _ = deadByCgroup?.forEach {
      tables.groups?.addDead($0, $1, DeadWeights(runTime: $1.runtime_ns, kernel: $1.kernel_ns))
    }
    _ = weighedDead?.forEach {
      tables.groups?.addDead($0, $1.used, DeadWeights(all: $1.weights, kernel: $1.kernel_weights))
    }
    do throws(BPFError) {
      try iterator.pass { bytes in
        var offset = 0
        while offset + MemoryLayout<MemoryRecord>.size <= bytes.count {
          switch bytes.load(fromByteOffset: offset, as: UInt32.self) {
          case RECORD_MEMORY.rawValue:
            tables.processes.add(bytes.load(fromByteOffset: offset, as: MemoryRecord.self))
            offset += MemoryLayout<MemoryRecord>.stride
          case RECORD_PROCESS.rawValue:
            let record = bytes.load(fromByteOffset: offset, as: ProcessRecord.self)
            offset += MemoryLayout<ProcessRecord>.stride
            tables.add(record, weights: weights(in: bytes, &offset))
          default:
            let record = bytes.load(fromByteOffset: offset, as: ThreadRecord.self)
            offset += MemoryLayout<ThreadRecord>.stride
            tables.add(record, weights: weights(in: bytes, &offset))
          }
        }
      }
    } catch {
      throw CollectorFailure(
        .read, error.description, cure: "look into the kernel's log (dmesg), and report this with the kernel's version")
    }
    watched.update()
    tables.endPass(
      dead: dead, deadWeights: deadWeights,
      watched: { self.watched[$0] },
      TaskTables.Events(
        admit: { record in
          self.watched.add(record)
          return cgroup(record.tgid)
        },
        forget: { self.watched.remove($0) }, groups: groups))
  }

  /// Forgets what ended processes of a control group had used.
  func forget(_ group: CgroupKey) {
    deadByCgroup?.remove(group)
    weighedDead?.remove(group)
  }

  /// The weights that follow a record; nil where tasks are not weighed.
  private func weights(in bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> Weights? {
    guard isWeighed, offset + MemoryLayout<PackageWeights>.size <= bytes.count else { return nil }
    defer { offset += MemoryLayout<PackageWeights>.size }
    return bytes.loadUnaligned(fromByteOffset: offset, as: Weights.self)
  }

  /// What ended processes had used.
  private func deadUsage() -> (TaskUsage, DeadWeights) {
    var words = [UInt64](repeating: 0, count: MemoryLayout<ProcessPerCPU>.size / 8)
    cpus.addWords(at: 0, to: &words)
    let sum = words.withUnsafeBytes { $0.load(as: ProcessPerCPU.self) }
    let weights =
      isWeighed
      ? DeadWeights(all: sum.dead_weights, kernel: sum.dead_kernel_weights)
      : DeadWeights(runTime: sum.dead.runtime_ns, kernel: sum.dead_kernel_ns)
    return (sum.dead, weights)
  }

  package func programs() -> [ProgramStatistics] { object.programs() }
  package func attachments() -> [ProgramAttachment] { object.attachments() }
  package func maps() -> [MapDescription] { object.maps() }
  package func detach() { object.detach() }
  package func reattach() throws(BPFError) { try object.reattach() }
  package func lostUpdates() -> [(map: String, cause: String, count: UInt64)] { [] }
}
