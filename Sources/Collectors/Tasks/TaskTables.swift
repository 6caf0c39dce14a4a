internal import BPFPrograms
internal import Energy

/// What passes over all tasks fill: the processes, their control groups, and who used the measured energy.
///
/// Each table knows nothing of the others. What one finds and another needs goes through here, in an order that matters:
/// weights are given to those who had series before the pass, and series come and go after that.
struct TaskTables {
  var processes: ProcessTable
  /// Nil where nobody wants to know.
  var groups: CgroupTable?
  /// Nil where no energy is attributed.
  var energy: EnergyLedger?
  /// What ended tasks did, as of the last pass.
  private(set) var dead = DeadWeights()

  /// What the tables ask and tell as processes get series and lose them.
  struct Events {
    /// Watches a process that gets series, and finds its control group's path.
    var admit: (ProcessRecord) -> String
    /// The process is no longer watched.
    var forget: (UInt32) -> Void
    /// The same of control groups; nil where none are followed.
    var groups: CgroupTable.Events?
  }

  init(processes: ProcessTable, groups: CgroupTable? = nil) {
    self.processes = processes
    self.groups = groups
  }

  mutating func beginPass(now: UInt64) {
    processes.beginPass(now: now)
    groups?.beginPass()
  }

  /// `weights` is what the leader did, and its threads that ended; nil where run time tells.
  mutating func add(_ record: ProcessRecord, weights: Weights? = nil) {
    let index = processes.add(record, weights: weights)
    if groups == nil { return }
    let entry = processes.known.values[index]
    processes.known.values[index].group = groups!.group(
      of: record.cgroup, before: entry.group, used: entry.lastRuntime)
  }

  mutating func add(_ record: ThreadRecord, weights: Weights? = nil) { processes.add(record, weights: weights) }

  /// Ends the pass.
  ///
  /// - Parameters:
  ///   - dead: what ended processes had used, read before the pass began, so that none counts twice.
  ///   - deadWeights: what they did, by package.
  ///   - watched: what the kernel kept of a watched process.
  mutating func endPass(
    dead: TaskUsage, deadWeights: DeadWeights = DeadWeights(), watched: (UInt32) -> WatchedProcess?, _ events: Events
  ) {
    let all = processes.updateSeries(dead: dead, watched: watched, forget: events.forget)
    self.dead = deadWeights
    weighTasks(watched)
    updateMembership(all: all, events)
    if let groupEvents = events.groups { updateGroups(all.runtime_ns, groupEvents) }
    releaseGroups()
    processes.endPass()
  }

  /// Series come and go, and their leaves with them.
  private mutating func updateMembership(all: TaskUsage, _ events: Events) {
    var ledger = energy
    energy = nil
    processes.updateMembership(
      all: all,
      ProcessTable.Events(
        admit: events.admit, forget: events.forget,
        begins: { one, entry in if ledger != nil { Self.makeLeaf(for: &one, entry, in: &ledger!) } },
        ends: { one in if ledger != nil { Self.releaseLeaf(of: one, in: &ledger!) } }))
    energy = ledger
  }

  private mutating func updateGroups(_ all: UInt64, _ events: CgroupTable.Events) {
    for (pid, one) in processes.known where one.pass == processes.pass && one.group >= 0 {
      groups?.add(one.runtime, process: pid, to: one.group)
    }
    groups?.endPass(time: processes.time, all: all, decay: processes.decay, events: events)
  }
}
