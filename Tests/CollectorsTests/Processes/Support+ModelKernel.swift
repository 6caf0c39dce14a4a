import BPFPrograms

@testable import Collectors

/// The kernel as the process programs show it: tasks come, use, are renamed, moved and go; nothing they used is forgotten.
struct ModelKernel {
  struct Process {
    let tgid: UInt32
    let startTime: UInt64
    var comm: String
    var cgroup: UInt64
    var leader = usage()
    var threads: [usage] = []
    /// Of threads that ended: without their run-queue time, as in signal_struct.
    var dead = usage()
  }

  private(set) var processes: [Process] = []
  private(set) var dead = usage()
  private(set) var watched: [UInt32: watched_process] = [:]
  private(set) var clock: UInt64 = 1_000_000_000_000
  var generator: Generator
  /// Threads are told of before their leaders, as where ids have wrapped around.
  var threadsFirst = false

  init(seed: UInt64) { generator = Generator(seed: seed) }

  /// What everything has used that ever ran.
  var everything: usage {
    processes.reduce(into: dead) { sum, one in
      sum += one.leader
      sum += one.dead
      for thread in one.threads { sum += thread }
    }
  }

  mutating func advance(_ nanoseconds: UInt64) { clock += nanoseconds }

  mutating func start(_ tgid: UInt32, comm: String, cgroup: UInt64 = 1) {
    clock += 1
    processes.append(Process(tgid: tgid, startTime: clock, comm: comm, cgroup: cgroup))
  }

  mutating func use(_ index: Int, upTo most: UInt64) {
    let some = randomUsage(upTo: most)
    if let thread = processes[index].threads.indices.randomElement(using: &generator), generator.chance(2) {
      processes[index].threads[thread] += some
    } else {
      processes[index].leader += some
    }
  }

  private mutating func randomUsage(upTo most: UInt64) -> usage {
    var some = usage()
    for counter in usage.counters { some[keyPath: counter] = generator.below(most + 1) }
    return some
  }

  mutating func rename(_ index: Int, _ comm: String) { processes[index].comm = comm }
  mutating func move(_ index: Int, _ cgroup: UInt64) { processes[index].cgroup = cgroup }
  mutating func startThread(_ index: Int) { processes[index].threads.append(usage()) }

  mutating func endThread(_ index: Int) {
    guard var ended = processes[index].threads.popLast() else { return }
    free(processes[index], &ended)
    processes[index].dead += ended
  }

  mutating func end(_ index: Int) {
    while !processes[index].threads.isEmpty { endThread(index) }
    var one = processes.remove(at: index)
    free(one, &one.leader)
    var all = one.leader
    all += one.dead
    dead += all
    if let entry = watched[one.tgid], entry.start_ns == one.startTime {
      watched[one.tgid]!.final = all
      watched[one.tgid]!.is_dead = 1
    }
  }

  /// The end of one task: its run-queue time is added up here, the rest stays in the group.
  private mutating func free(_ process: Process, _ task: inout usage) {
    dead.runqueue_ns += task.runqueue_ns
    if let entry = watched[process.tgid], entry.start_ns == process.startTime {
      watched[process.tgid]!.dead_runqueue_ns += task.runqueue_ns
    }
    task.runqueue_ns = 0
  }

  /// One pass over all tasks into `table`.
  mutating func pass(_ table: inout ProcessTable) {
    table.beginPass(now: clock)
    if threadsFirst { addThreads(&table) }
    for one in processes { table.add(Self.record(one)) }
    if !threadsFirst { addThreads(&table) }
    var entries = watched
    table.endPass(
      dead: dead,
      watched: { entries[$0] },
      admit: { record in
        entries[record.tgid] = watched_process()
        entries[record.tgid]!.start_ns = record.start_ns
        return "/\(record.cgroup.id)"
      },
      forget: { entries[$0] = nil })
    watched = entries
  }

  private func addThreads(_ table: inout ProcessTable) {
    for one in processes {
      for thread in one.threads {
        table.add(thread_record(kind: RECORD_THREAD.rawValue, tgid: one.tgid, usage: thread))
      }
    }
  }

  private static func record(_ one: Process) -> process_record {
    var record = process_record()
    record.kind = RECORD_PROCESS.rawValue
    record.tgid = one.tgid
    record.usage = one.leader
    record.usage += one.dead
    record.start_ns = one.startTime
    record.cgroup.id = one.cgroup
    record.resident_bytes = 4096
    record.virtual_bytes = 8192
    record.threads = UInt32(one.threads.count + 1)
    withUnsafeMutableBytes(of: &record.comm) { $0.copyBytes(from: one.comm.utf8.prefix(15)) }
    return record
  }
}

extension usage {
  /// Every member, by key path: a counter that is forgotten in a sum or a difference is seen.
  static var counters: [WritableKeyPath<usage, UInt64>] {
    [
      \.runtime_ns, \.user_ns, \.system_ns, \.voluntary_switches, \.involuntary_switches, \.minor_faults,
      \.major_faults, \.read_bytes, \.written_bytes, \.runqueue_ns,
    ]
  }
}
