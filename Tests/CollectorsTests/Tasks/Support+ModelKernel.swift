import Fixtures
import BPFPrograms
import Energy

@testable import Collectors

/// The kernel as the process programs show it: tasks come, use, are renamed, moved and go; nothing they used is forgotten.
struct ModelKernel {
  struct Process {
    let tgid: UInt32
    let startTime: UInt64
    var comm: String
    var cgroup: UInt64
    var leader = TaskUsage()
    var threads: [TaskUsage] = []
    var isKernel = false
    /// Of threads that ended: without their run-queue time, as in signal_struct.
    var dead = TaskUsage()
  }

  private(set) var processes: [Process] = []
  private(set) var dead = TaskUsage()
  private(set) var deadKernel: UInt64 = 0
  private(set) var deadByGroup: [UInt64: DeadInCgroup] = [:]
  /// Ended, seen by the iterator no more, and not yet among the dead.
  private var unfreed: [Process] = []
  private(set) var watched: [UInt32: WatchedProcess] = [:]
  private(set) var clock: UInt64 = 1_000_000_000_000
  /// Of control groups that are not known by their numbers.
  var paths: [UInt64: String] = [:]
  var generator: Generator
  /// Threads are told of before their leaders, as where ids have wrapped around.
  var threadsFirst = false

  init(seed: UInt64) { generator = Generator(seed: seed) }

  /// What everything has used that ever ran.
  var everything: TaskUsage {
    processes.reduce(into: dead) { sum, one in
      sum += one.leader
      sum += one.dead
      for thread in one.threads { sum += thread }
    }
  }

  /// The run time of a process since it began.
  func runtime(_ tgid: UInt32) -> UInt64? {
    processes.first { $0.tgid == tgid }.map { one in
      one.threads.reduce(one.leader.runtime_ns + one.dead.runtime_ns) { $0 + $1.runtime_ns }
    }
  }

  mutating func advance(_ nanoseconds: UInt64) { clock += nanoseconds }

  mutating func start(_ tgid: UInt32, comm: String, cgroup: UInt64 = 1, isKernel: Bool = false) {
    clock += 1
    processes.append(Process(tgid: tgid, startTime: clock, comm: comm, cgroup: cgroup, isKernel: isKernel))
  }

  /// Run time alone.
  mutating func run(_ index: Int, _ nanoseconds: UInt64) { processes[index].leader.runtime_ns += nanoseconds }

  mutating func use(_ index: Int, upTo most: UInt64) {
    let some = randomUsage(upTo: most)
    if let thread = processes[index].threads.indices.randomElement(using: &generator), generator.chance(2) {
      processes[index].threads[thread] += some
    } else {
      processes[index].leader += some
    }
  }

  private mutating func randomUsage(upTo most: UInt64) -> TaskUsage {
    var some = TaskUsage()
    for counter in TaskUsage.counters { some[keyPath: counter] = generator.below(most + 1) }
    return some
  }

  mutating func rename(_ index: Int, _ comm: String) { processes[index].comm = comm }
  mutating func move(_ index: Int, _ cgroup: UInt64) { processes[index].cgroup = cgroup }
  mutating func startThread(_ index: Int) { processes[index].threads.append(TaskUsage()) }

  mutating func endThread(_ index: Int) {
    guard var ended = processes[index].threads.popLast() else { return }
    free(processes[index], &ended)
    processes[index].dead += ended
  }

  mutating func end(_ index: Int, isFreed: Bool = true) {
    while !processes[index].threads.isEmpty { endThread(index) }
    unfreed.append(processes.remove(at: index))
    if isFreed { free() }
  }

  /// What ended is counted among the dead.
  mutating func free() {
    for one in unfreed { count(one) }
    unfreed = []
  }

  private mutating func count(_ ended: Process) {
    var one = ended
    free(one, &one.leader)
    var all = one.leader
    all += one.dead
    dead += all
    deadByGroup[one.cgroup, default: DeadInCgroup()].runtime_ns += all.runtime_ns
    if one.isKernel {
      deadKernel += all.runtime_ns
      deadByGroup[one.cgroup]!.kernel_ns += all.runtime_ns
    }
    if let entry = watched[one.tgid], entry.start_ns == one.startTime {
      watched[one.tgid]!.final = all
      watched[one.tgid]!.is_dead = 1
    }
  }

  /// The end of one task: its run-queue time is added up here, the rest stays in the group.
  private mutating func free(_ process: Process, _ task: inout TaskUsage) {
    dead.runqueue_ns += task.runqueue_ns
    if let entry = watched[process.tgid], entry.start_ns == process.startTime {
      watched[process.tgid]!.dead_runqueue_ns += task.runqueue_ns
    }
    task.runqueue_ns = 0
  }

  /// One pass over all tasks into `tables`, by a clock of the test's own where `now` is given, and a scrape.
  mutating func pass(_ tables: inout TaskTables, at now: UInt64? = nil, isScraped: Bool = true) {
    tables.beginPass(now: now ?? clock)
    for (group, dead) in deadByGroup {
      tables.groups?.addDead(
        CgroupKey(id: group, hierarchy: 0, unused: 0), dead,
        DeadWeights(runTime: dead.runtime_ns, kernel: dead.kernel_ns))
    }
    if threadsFirst { addThreads(&tables) }
    for one in processes { tables.add(Self.record(one)) }
    if !threadsFirst { addThreads(&tables) }
    var entries = watched
    var forgotten: [UInt64] = []
    let paths = paths
    func path(_ id: UInt64) -> String { paths[id] ?? "/\(id)" }
    tables.endPass(
      dead: dead, deadWeights: DeadWeights(runTime: dead.runtime_ns, kernel: deadKernel),
      watched: { entries[$0] },
      TaskTables.Events(
        admit: { record in
          entries[record.tgid] = WatchedProcess()
          entries[record.tgid]!.start_ns = record.start_ns
          return path(record.cgroup.id)
        },
        forget: { entries[$0] = nil },
        groups: CgroupTable.Events(
          path: { key, _ in path(key.id) }, admitted: { _, _ in }, evicted: { _ in },
          forgotten: { forgotten.append($0.id) })))
    watched = entries
    if isScraped { tables.processes.showUsage() }
    for group in forgotten { deadByGroup[group] = nil }
  }

  private func addThreads(_ tables: inout TaskTables) {
    for one in processes {
      for thread in one.threads {
        tables.add(ThreadRecord(kind: RECORD_THREAD.rawValue, tgid: one.tgid, usage: thread))
      }
    }
  }

  private static func record(_ one: Process) -> ProcessRecord {
    var record = ProcessRecord()
    record.kind = RECORD_PROCESS.rawValue
    record.tgid = one.tgid
    record.usage = one.leader
    record.usage += one.dead
    record.start_ns = one.startTime
    record.cgroup.id = one.cgroup
    record.resident_bytes = 4096
    record.virtual_bytes = 8192
    record.is_kernel = one.isKernel ? 1 : 0
    record.threads = UInt32(one.threads.count + 1)
    withUnsafeMutableBytes(of: &record.comm) { $0.copyBytes(from: one.comm.utf8.prefix(15)) }
    return record
  }
}

extension TaskUsage {
  /// Every member, by key path: a counter that is forgotten in a sum or a difference is seen.
  static var counters: [WritableKeyPath<TaskUsage, UInt64>] {
    [
      \.runtime_ns, \.user_ns, \.system_ns, \.voluntary_switches, \.involuntary_switches, \.minor_faults,
      \.major_faults, \.read_bytes, \.written_bytes, \.runqueue_ns,
    ]
  }
}
