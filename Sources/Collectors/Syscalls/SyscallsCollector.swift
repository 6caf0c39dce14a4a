internal import BPF
internal import BPFPrograms
package import Collecting
package import Exposition
internal import Host

/// System calls: how often, how long, which errors.
package final class SyscallsCollector: Collector {
  private static let calls = Family(
    "syscalls", .counter, labels: ["syscall", "category"],
    help:
      "System calls that ended, by returning or with their thread; compat are those of 32-bit programs, a number those newer than this program."
  )
  private static let seconds = Family(
    "syscall_seconds", .counter, unit: "seconds", labels: ["syscall", "category"],
    help: "Time spent in system calls, from entry to end, including waits.")
  private static let errors = Family(
    "syscall_errors", .counter, labels: ["errno"],
    help:
      "Errors that system calls returned in the kernel; a program sees ERESTART ones as EINTR, or not at all where the call is restarted."
  )
  private static let durations = Family(
    "syscall_duration_seconds", .histogram, unit: "seconds", labels: ["category", "syscall"],
    help:
      "Duration of system calls, from entry to end, including waits; by category, or by call with --syscalls.histograms syscall."
  )

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "syscalls", summary: "system calls: number, time, errors", isOnByDefault: true,
    notes: """
      A call is counted when it ends: when it returns, or with its thread, as `exit_group` does. Its time includes
      waits, so calls that wait by design have categories of their own: `poll` (for descriptors and completions),
      `sync` (for other threads), `time` (sleeps). `compat` are all calls through another table than the machine's
      own (32-bit programs, x32). Calls newer than the table here, which ends with Linux 7.3, have their number for a
      name, up to 509; `unknown` are those whose number no kernel has. Errors are those that the kernel
      returned. An `ERESTART…` is a call that a signal interrupted: the program sees `EINTR` if a signal handler
      runs that does not ask for a restart, and nothing otherwise. A call that seccomp refused counts as an error,
      not as a call. With `--syscalls.histograms syscall` each call has a histogram, with the label `syscall`,
      instead of each category.
      """,
    families: [calls, seconds, errors, durations]
  ) { context throws(CollectorFailure) in
    let watched = context.kernel.watchedForDetail()
    let programs = try SyscallPrograms.load(options: context.options, watched: watched, logger: context.logger)
    context.kernel.register(programs)
    if watched != nil { context.kernel.show(programs.details) }
    context.systemCalls = { programs.totalCalls }
    return SyscallsCollector(programs, isByCall: context.options.syscalls.hasHistogramsBySyscall)
  }

  /// 0.24 µs to 64 s.
  private static let times = HistogramLayout(lowest: -22, highest: 6)
  private static let slots = Int(HISTOGRAM_SLOTS)
  private static let indexes = Int(SYSCALL_INDEXES)
  private static let compat = Int(SYSCALL_COMPAT)

  private let programs: SyscallPrograms
  private let isByCall: Bool
  private let table = SyscallTable.native
  /// Of each index its calls and their nanoseconds.
  private var totals = [UInt64](repeating: 0, count: 2 * SyscallsCollector.indexes)
  private var errorCounts = [UInt64](repeating: 0, count: Int(ERROR_NUMBERS))
  private var words = [UInt64](repeating: 0, count: SyscallsCollector.slots)

  private init(_ programs: SyscallPrograms, isByCall: Bool) {
    self.programs = programs
    self.isByCall = isByCall
  }

  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    readTotals()
    writer.begin(Self.calls)
    forEachCall { name, category, calls, _ in
      writer.label("syscall", name)
      writer.label("category", category.rawValue)
      writer.unsigned(calls)
    }
    writer.begin(Self.seconds)
    forEachCall { name, category, _, nanoseconds in
      writer.label("syscall", name)
      writer.label("category", category.rawValue)
      writer.nanoseconds(nanoseconds)
    }
    writeErrors(to: &writer)
    writer.begin(Self.durations)
    if isByCall { writeCalls(to: &writer) } else { writeCategories(to: &writer) }
  }

  /// Brings `totals` up to now. Calls without a name share one index.
  private func readTotals() {
    for index in totals.indices { totals[index] = 0 }
    programs.cpus.addWords(at: MemoryLayout<SyscallsPerCPU>.offset(of: \.totals)!, to: &totals)
    let unknown = Int(SYSCALL_UNKNOWN)
    for index in 0..<unknown where isUnknown(index) {
      for word in 0..<2 { totals[2 * unknown + word] += totals[2 * index + word] }
      totals[2 * index] = 0
      totals[2 * index + 1] = 0
    }
  }

  /// Those that were seen.
  private func forEachCall(
    _ body: (_ name: String, _ category: SyscallCategory, _ calls: UInt64, _ nanoseconds: UInt64) -> Void
  ) {
    for index in 0..<Self.indexes where totals[2 * index] > 0 {
      body(name(index), table.category(index), totals[2 * index], totals[2 * index + 1])
    }
  }

  private func name(_ index: Int) -> String {
    index == Self.compat ? "compat" : table.label(index, end: Int(SYSCALL_UNKNOWN))
  }

  /// A number that is no call's, as far as anybody knows.
  private func isUnknown(_ index: Int) -> Bool { name(index) == SyscallTable.unknown }

  private func writeErrors(to writer: inout SampleWriter) {
    for index in errorCounts.indices { errorCounts[index] = 0 }
    programs.cpus.addWords(at: MemoryLayout<SyscallsPerCPU>.offset(of: \.errors)!, to: &errorCounts)
    var unknown: UInt64 = 0
    writer.begin(Self.errors)
    for (number, count) in errorCounts.enumerated() where count > 0 {
      guard let name = ErrorNumber.name(number) else {
        unknown += count
        continue
      }
      writer.label("errno", name)
      writer.unsigned(count)
    }
    if unknown > 0 {
      writer.label("errno", "unknown")
      writer.unsigned(unknown)
    }
  }

  private func writeCategories(to writer: inout SampleWriter) {
    let base = MemoryLayout<SyscallsPerCPU>.offset(of: \.durations)!
    for (index, category) in SyscallCategory.allCases.enumerated() {
      for word in words.indices { words[word] = 0 }
      programs.cpus.addWords(at: base + index * MemoryLayout<SyscallSlots>.stride, to: &words)
      var sum: UInt64 = 0
      for index in 0..<Self.indexes where table.category(index) == category { sum += totals[2 * index + 1] }
      write(category, call: nil, sum: sum, to: &writer)
    }
  }

  private func writeCalls(to writer: inout SampleWriter) {
    let unknown = Int(SYSCALL_UNKNOWN)
    for index in 0..<Self.indexes where totals[2 * index] > 0 {
      for word in words.indices { words[word] = 0 }
      if index == unknown {
        for unnamed in 0..<unknown where isUnknown(unnamed) { addDurations(of: unnamed) }
      }
      addDurations(of: index)
      write(table.category(index), call: name(index), sum: totals[2 * index + 1], to: &writer)
    }
  }

  /// Adds the slots of one index, over all CPUs, to `words`.
  private func addDurations(of index: Int) {
    for cpu in 0..<PossibleCPUs.end {
      for word in words.indices {
        words[word] += programs.durations.load(cpu * Self.indexes + index, offset: word * 8)
      }
    }
  }

  private func write(_ category: SyscallCategory, call: String?, sum: UInt64, to writer: inout SampleWriter) {
    guard words.contains(where: { $0 > 0 }) else { return }
    writer.label("category", category.rawValue)
    if let call { writer.label("syscall", call) }
    writer.histogram(slots: words, sum: sum, layout: Self.times)
  }
}
