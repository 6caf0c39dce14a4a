internal import Accounts
internal import BPFPrograms
internal import Glibc
internal import Host

/// The accounts of each process of a tree.
struct ProcessAccounts {
  /// Those that used most CPU time first.
  private(set) var processes: [TreeAccount.Process] = []

  init(_ programs: TreePrograms, tree: Int, living: [TreeRecord]) {
    struct Entry {
      var usage = TreeAccount.Usage()
      var pages: UInt64 = 0
      var parent: UInt32 = 0
      var name = ""
      var status: UInt32?
      var calls: [TreeAccount.NamedCalls] = []
    }
    struct Key: Hashable {
      let pid: UInt32
      let start: UInt64

      init(_ key: TreeProcessKey) {
        pid = key.tgid
        start = key.start_ns
      }
    }
    var entries: [Key: Entry] = [:]
    programs.forEachProcess { key, process in
      guard Int(key.tree) == tree else { return }
      var entry = Entry()
      entry.usage += process.used
      entry.pages = process.peak_pages
      entry.parent = process.parent
      entry.name = TaskName.text(process.comm)
      entry.status = process.has_ended == 0 ? nil : process.exit_code
      entries[Key(key)] = entry
    }
    for one in living {
      let key = Key(one.process)
      entries[key, default: Entry()].usage += one.usage
      entries[key]!.pages = max(entries[key]!.pages, one.peak_pages)
      // the leader's, where it lives
      if one.pid == one.process.tgid || entries[key]!.name.isEmpty {
        entries[key]!.name = TaskName.text(one.comm)
        entries[key]!.parent = one.parent
      }
    }
    programs.forEachProcessCall { key, call in
      guard Int(key.process.tree) == tree else { return }
      entries[Key(key.process), default: Entry()].calls.append(
        SystemCallName.named(
          Int(key.call), TreeAccount.Calls(count: call.calls, errors: call.errors, time: call.ns)))
    }
    let pageSize = Kernel.pageSize
    processes = entries.map { key, entry in
      var usage = entry.usage
      usage.settle()
      return TreeAccount.Process(
        pid: key.pid, parent: entry.parent, name: entry.name, usage: usage, peakBytes: entry.pages &* pageSize,
        status: entry.status, calls: entry.calls.sorted { $0.calls.precede($1.calls, $0.name < $1.name) })
    }.sorted { ($1.usage.cpu, $0.pid) < ($0.usage.cpu, $1.pid) }
  }
}

/// What the kernel calls a task, as text.
enum TaskName {
  static func text<Name>(_ name: Name) -> String {
    withUnsafeBytes(of: name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}

/// The name and the category of a system call by the index it is counted under.
enum SystemCallName {
  static func named(_ index: Int, _ calls: TreeAccount.Calls) -> TreeAccount.NamedCalls {
    if index == Int(SYSCALL_COMPAT) { return .init(name: "compat", category: "other", calls: calls) }
    let table = SyscallTable.native
    return .init(
      name: table.label(index, end: Int(SYSCALL_UNKNOWN)), category: table.category(index).rawValue, calls: calls)
  }
}

extension TreeAccount.Usage {
  private static var counters: [WritableKeyPath<Self, UInt64>] {
    [
      \.cpu, \.user, \.system, \.runQueue, \.voluntarySwitches, \.involuntarySwitches, \.minorFaults, \.majorFaults,
      \.readBytes, \.writtenBytes,
    ]
  }

  /// Adds what the kernel counted, modulo 2^64: of tasks that were there before, what they had used is taken away.
  static func += (sum: inout TreeAccount.Usage, more: TaskUsage) {
    sum.cpu &+= more.runtime_ns
    sum.user &+= more.user_ns
    sum.system &+= more.system_ns
    sum.runQueue &+= more.runqueue_ns
    sum.voluntarySwitches &+= more.voluntary_switches
    sum.involuntarySwitches &+= more.involuntary_switches
    sum.minorFaults &+= more.minor_faults
    sum.majorFaults &+= more.major_faults
    sum.readBytes &+= more.read_bytes
    sum.writtenBytes &+= more.written_bytes
  }

  /// What is less than nothing by a clock's difference is nothing; user and system time add up to the run time, as the
  /// kernel itself divides it.
  mutating func settle() {
    for counter in Self.counters where Int64(bitPattern: self[keyPath: counter]) < 0 { self[keyPath: counter] = 0 }
    system = CPUTimeSplit.system(of: cpu, userTicks: user, systemTicks: system)
    user = cpu - system
  }
}

extension TreeAccount {
  /// Of what the programs counted, and of the tasks that live.
  init(_ counted: TreePerCPU, living: [TreeRecord], pageSize: UInt64) {
    self.init()
    usage += counted.ended
    for one in living { usage += one.usage }
    usage.settle()
    (interruptible, uninterruptible, io) = counted.offcpu_ns
    for one in living {
      switch one.offcpu_reason {
      case UInt64(OFFCPU_IO.rawValue): io &+= one.offcpu_ns
      case UInt64(OFFCPU_UNINTERRUPTIBLE.rawValue): uninterruptible &+= one.offcpu_ns
      default: interruptible &+= one.offcpu_ns
      }
    }
    processes = counted.processes
    threads = counted.threads
    programs = counted.programs
    endedProcesses = counted.ended_processes
    failedProcesses = counted.failed_processes
    self.living = UInt64(living.count)
    let pages = living.reduce(counted.peak_pages) { max($0, $1.peak_pages) }
    peakBytes = pages == 0 ? nil : pages &* pageSize
    lost = counted.lost
  }
}
