internal import BPF
internal import BPFPrograms
internal import Collecting
internal import Glibc
internal import Host
internal import Logging

/// The programs that follow trees of processes. Loaded, they count nothing until a root is named.
final class TreePrograms {
  /// What the kernel may lack.
  private enum Form: String, CaseIterable {
    case all
    /// Without what sockets hand over and take, before 6.3.
    case withoutSockets
  }

  private var object: ProgramObject
  private let adopting: IteratorReader
  private let members: IteratorReader
  private let releasing: IteratorReader
  private let cpus: MappedArray<TreePerCPU>
  private let calls: MappedArray<TreeCalls>
  private let roots: MappedArray<TreeRoot>
  private let processes: HashMap<TreeProcessKey, TreeProcess>?
  private let processCalls: HashMap<TreeCallKey, TreeCall>?
  private let trees: Int
  /// Each finds those whose parents the last one found.
  private static let mostPasses = 1000
  /// Whether bytes of sockets are counted.
  let countsSockets: Bool

  static func load(_ options: TreeOptions, logger: Logger) throws(CollectorFailure) -> TreePrograms {
    var refusal: BPFError?
    for form in Form.allCases {
      do throws(BPFError) {
        return try TreePrograms(form, options: options)
      } catch {
        if error.isPermission { throw CollectorFailure(error) }
        logger.debug("tree programs refused", metadata: ["form": "\(form.rawValue)", "cause": "\(error)"])
        refusal = error
      }
    }
    let failure = refusal.map { CollectorFailure($0) }
    throw CollectorFailure(
      .hook, failure?.message ?? "no form of the programs to try",
      cure: "use Linux 5.12 or later, built with BTF and tracepoints")
  }

  private init(_ form: Form, options: TreeOptions) throws(BPFError) {
    trees = options.count
    countsSockets = form == .all
    var object = try ProgramObject("tree")
    for map in ["tree_cpus", "tree_calls"] { try object.setCapacity(map, PossibleCPUs.end * trees) }
    try object.setCapacity("tree_roots", trees)
    for map in ["tree_processes", "tree_process_calls"] {
      if options.hasProcesses {
        try object.setCapacity(map, TreeOptions.processes)
      } else {
        try object.omit(map: map)
      }
    }
    var programs = [
      "sched_process_free", "sched_switch", "sys_exit", "sched_process_exit", "sched_process_exec",
      "sched_process_fork",
    ]
    if options.timesCalls { programs.append("sys_enter") } else { try object.omit(program: "sys_enter") }
    for program in ["sock_send_length", "sock_recv_length"] {
      if countsSockets { programs.append(program) } else { try object.omit(program: program) }
    }
    var config = TreeConfig()
    config.trees = UInt32(trees)
    config.by_process = options.hasProcesses ? 1 : 0
    config.until_programs = options.beginsWithProgram ? 1 : 0
    config.sigreturn = SyscallKinds.sigreturn
    withUnsafeMutableBytes(of: &config.kinds) { $0.copyBytes(from: SyscallKinds.all) }
    try object.configure(config)
    try object.load()
    for program in programs + ["adopt", "each_member", "release"] { try object.attach(program) }
    adopting = try IteratorReader("adopt", of: object)
    members = try IteratorReader("each_member", of: object)
    releasing = try IteratorReader("release", of: object)
    cpus = try MappedArray("tree_cpus", of: object)
    calls = try MappedArray("tree_calls", of: object)
    roots = try MappedArray("tree_roots", of: object)
    processes = options.hasProcesses ? try HashMap("tree_processes", of: object) : nil
    processCalls = options.hasProcesses ? try HashMap("tree_process_calls", of: object) : nil
    self.object = object
  }

  /// Has `other`, which is not loaded yet, know which task is in which tree.
  func share(with other: inout ProgramObject) throws(BPFError) { try other.share("tree_tasks", of: object) }

  /// Tree `tree` begins with the process `pid` and all that it has begun and that lives.
  ///
  /// - Returns: how many tasks that is.
  func adopt(_ pid: UInt32, tree: Int) throws(CollectorFailure) -> Int {
    var count = 0
    do throws(BPFError) {
      var root = TreeRoot()
      root.tgid = pid
      try object.setElement("tree_roots", tree, root)
      // a child may come before its parent, and what forks meanwhile is found by the next pass
      for _ in 0..<Self.mostPasses {
        var found = 0
        var refused = 0
        try adopting.pass { bytes in
          for offset in stride(from: 0, to: bytes.count - 3, by: 4) {
            if bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self) == TREE_REFUSED {
              refused += 1
            } else {
              found += 1
            }
          }
        }
        count += found
        if found == 0 && refused == 0 { break }
        // whoever is in its way was preempted
        if refused > 0 { usleep(1000) }
      }
      return count
    } catch {
      throw CollectorFailure(error)
    }
  }

  /// Nobody is in any tree from here on, and all counts are 0.
  func release() throws(CollectorFailure) {
    do throws(BPFError) {
      for tree in 0..<trees { try object.setElement("tree_roots", tree, TreeRoot()) }
      try releasing.pass { _ in }
      for index in 0..<(PossibleCPUs.end * trees) {
        try object.setElement("tree_cpus", index, TreePerCPU())
        try object.setElement("tree_calls", index, TreeCalls())
      }
      clear()
    } catch {
      throw CollectorFailure(error)
    }
  }

  private func clear() {
    var keys: [TreeProcessKey] = []
    forEachProcess { key, _ in keys.append(key) }
    for key in keys { processes?.remove(key) }
    var calls: [TreeCallKey] = []
    forEachProcessCall { key, _ in calls.append(key) }
    for key in calls { processCalls?.remove(key) }
  }

  /// Whether the first process of a tree has left its CPU for good.
  func hasEnded(_ tree: Int) -> Bool {
    roots.load(tree, offset: 0) >> 32 != 0
  }

  /// What the programs have counted of one tree.
  func counted(_ tree: Int) -> TreePerCPU {
    var words = [UInt64](repeating: 0, count: MemoryLayout<TreePerCPU>.size / 8)
    var peak: UInt64 = 0
    var began = UInt64.max
    for cpu in 0..<PossibleCPUs.end {
      let index = cpu * trees + tree
      cpus.addWords(of: index, at: 0, to: &words)
      peak = max(peak, cpus.load(index, \.peak_pages))
      let here = cpus.load(index, \.began_ns)
      if here != 0 { began = min(began, here) }
    }
    var sum = words.withUnsafeBytes { $0.load(as: TreePerCPU.self) }
    sum.peak_pages = peak
    sum.began_ns = began == .max ? 0 : began
    return sum
  }

  /// The system calls of one tree by index: how many, how many failed, and how long they took in nanoseconds.
  func systemCalls(_ tree: Int) -> (calls: [UInt64], errors: [UInt64], time: [UInt64]) {
    var words = [UInt64](repeating: 0, count: MemoryLayout<TreeCalls>.size / 8)
    for cpu in 0..<PossibleCPUs.end { calls.addWords(of: cpu * trees + tree, at: 0, to: &words) }
    let each = Int(SYSCALL_INDEXES)
    return (Array(words[..<each]), Array(words[each..<(2 * each)]), Array(words[(2 * each)...]))
  }

  /// Calls `body` with every task of a tree that lives.
  func forEachMember(_ body: (TreeRecord) -> Void) throws(CollectorFailure) {
    do throws(BPFError) {
      try members.pass { bytes in
        var offset = 0
        while offset + MemoryLayout<TreeRecord>.size <= bytes.count {
          body(bytes.loadUnaligned(fromByteOffset: offset, as: TreeRecord.self))
          offset += MemoryLayout<TreeRecord>.stride
        }
      }
    } catch {
      throw CollectorFailure(error)
    }
  }

  /// Calls `body` with what is kept of every process, where it is kept by process.
  func forEachProcess(_ body: (TreeProcessKey, TreeProcess) -> Void) { _ = processes?.forEach(body) }

  /// The same of their calls.
  func forEachProcessCall(_ body: (TreeCallKey, TreeCall) -> Void) { _ = processCalls?.forEach(body) }
}
