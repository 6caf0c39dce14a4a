internal import BPF
internal import BPFPrograms
package import Collecting
package import Exposition
internal import Host

/// System calls: how often, how long, which errors.
package final class SyscallsCollector: PeriodicCollector, SheddableCollector {
  private static let calls = Family(
    "syscalls", .counter, labels: ["syscall", "category"],
    help:
      "System calls that ended, by returning or with their thread; compat are those of 32-bit programs, a number those newer than this program."
  )
  private static let errors = Family(
    "syscall_errors", .counter, labels: ["errno"],
    help:
      "Errors that system calls returned in the kernel; a program sees ERESTART ones as EINTR, or not at all where the call is restarted."
  )
  private static let durations = Family(
    "syscall_duration_seconds", .histogram, unit: "seconds", labels: ["category", "syscall"],
    help:
      "Duration of the system calls that were timed, from entry to end, including waits; its count is theirs, one in a hundred by default; by category, or by call with --syscalls.histograms syscall."
  )
  private static let seconds = Family(
    "syscall_seconds", .counter, unit: "seconds", labels: ["syscall", "category"],
    help: "Time spent in system calls, from entry to end, including waits; with --syscalls.timing all.")

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "syscalls", summary: "system calls: number, time, errors", isOnByDefault: true,
    notes: """
      A call is counted when it ends: when it returns, or with its thread, as `exit_group` does. All are counted, also one
      that seccomp or a tracer refused or answered: it was made, and came back with what they chose, as a rule an error.
      A program that is begun ends a call by its own table: `execve` where it is one of 64 bits, on x86-64 whichever
      call began it, else `compat`.
      `compat` are all calls through another table than the machine's
      own (32-bit programs, x32). Calls newer than the table here, which ends with Linux 7.3, have their number for a
      name, up to 509; `unknown` are those whose number no kernel has. Errors are those that the kernel
      returned. An `ERESTART…` is a call that a signal interrupted: the program sees `EINTR` if a signal handler
      runs that does not ask for a restart, and nothing otherwise.

      Durations are of calls that were timed, and `_count` says how many: nothing is scaled. By default
      (`--syscalls.timing sampled`) those are timed that begin in windows of 20 ms, which come 1.98 s apart in the mean, at
      random, so that no periodic load falls in step with them: about one in a hundred. Each is timed to its
      end, however long after the window that is, and only its beginning decides: a call longer than a window is as
      likely among them as a short one, and its whole length is shown. Those that wait since before the window are not among them. So
      quantiles, means and shares of `syscall_duration_seconds` hold for all calls; for their number take
      `syscalls_total`. The time of all calls is about their number times the mean. A call
      is not timed where the task of another one that is being timed has a pid with the same 16 low bits, which depends on no call's length.
      With `all`, every call is timed, which costs each about three times as much, and `syscall_seconds_total` is exact; with `off`
      none is. Times include
      waits, so calls that wait by design have categories of their own: `poll` (for descriptors and completions),
      `sync` (for other threads), `time` (sleeps). With `--syscalls.histograms syscall` each call has a histogram, with the label `syscall`,
      instead of each category.
      """,
    families: [calls, errors, durations, seconds]
  ) { context throws(CollectorFailure) in
    let watched = context.kernel.watchedForDetail()
    let programs = try SyscallPrograms.load(options: context.options, watched: watched, logger: context.logger)
    let collector = try SyscallsCollector(programs, context.options, isReadByOthers: watched != nil)
    context.kernel.register(programs)
    if watched != nil { context.kernel.show(programs.details) }
    context.systemCalls = { programs.totalCalls }
    return collector
  }

  /// 0.24 µs to 64 s.
  private static let layout = HistogramLayout(lowest: -22, highest: 6)
  private static let indexes = Int(SYSCALL_INDEXES)
  private static let unknown = Int(SYSCALL_UNKNOWN)
  private static let compat = Int(SYSCALL_COMPAT)

  private let programs: SyscallPrograms
  private let isByCall: Bool
  package let canBeShed: Bool
  /// When calls are sampled.
  private let windows: RandomWindows?
  private let table = SyscallTable.native
  private var calls = [UInt64](repeating: 0, count: SyscallsCollector.indexes)
  private var nanoseconds = [UInt64](repeating: 0, count: SyscallsCollector.indexes)
  private var errorCounts = [UInt64](repeating: 0, count: Int(ERROR_NUMBERS))
  private var durations: KernelHistogram

  private init(
    _ programs: SyscallPrograms, _ all: CollectorOptions, isReadByOthers: Bool
  ) throws(CollectorFailure) {
    let options = all.syscalls
    self.programs = programs
    durations = KernelHistogram(of: programs.durations)
    // the model of power is of system calls, too
    canBeShed = !isReadByOthers && all.energy.model == nil
    isByCall = options.hasHistogramsBySyscall
    do throws(SystemError) {
      if let entry = programs.entry, let times = options.windows {
        windows = try RandomWindows(entry, times)
      } else {
        windows = nil
      }
    } catch {
      throw CollectorFailure(.read, "\(error)", cure: "raise the limit of open descriptors")
    }
  }

  deinit { windows?.end() }

  /// Nothing is read between scrapes: this is when the thread is started that samples, and tried again where that failed.
  package let samplingInterval: UInt64 = 10_000_000_000

  package func sample(now: UInt64) { windows?.start() }

  /// Calls are counted all the same.
  package var unavailability: CollectorFailure? { windows?.failure }

  package func shed() { programs.detach() }
  package func comeBack() throws(CollectorFailure) { try programs.restart() }

  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    read(MemoryLayout<SyscallsPerCPU>.offset(of: \.calls)!, of: programs.cpus, into: &calls)
    write(Self.calls, calls, to: &writer) { writer, calls in writer.unsigned(calls) }
    writeErrors(to: &writer)
    if programs.timing == .off { return }
    writer.begin(Self.durations)
    if isByCall { writeCalls(to: &writer) } else { writeCategories(to: &writer) }
    if programs.timing != .all { return }
    read(0, of: programs.times, into: &nanoseconds)
    write(Self.seconds, nanoseconds, to: &writer) { writer, nanoseconds in writer.nanoseconds(nanoseconds) }
  }

  /// Reads a figure of each call, over all CPUs. Calls without a name share one index.
  private func read<Element>(_ offset: Int, of array: borrowing MappedArray<Element>, into figures: inout [UInt64]) {
    for index in figures.indices { figures[index] = 0 }
    array.addWords(at: offset, to: &figures)
    for index in 0..<Self.unknown where isUnknown(index) {
      figures[Self.unknown] += figures[index]
      figures[index] = 0
    }
  }

  /// Writes a figure of each call that was seen.
  private func write(
    _ family: Family, _ figures: [UInt64], to writer: inout SampleWriter, _ value: (inout SampleWriter, UInt64) -> Void
  ) {
    writer.begin(family)
    for index in 0..<Self.indexes where figures[index] > 0 {
      writer.label("syscall", name(index))
      writer.label("category", table.category(index).rawValue)
      value(&writer, figures[index])
    }
  }

  private func name(_ index: Int) -> String {
    index == Self.compat ? "compat" : table.label(index, end: Self.unknown)
  }

  /// A number that is no call's, as far as anybody knows.
  private func isUnknown(_ index: Int) -> Bool { name(index) == SyscallTable.unknown }

  private func writeErrors(to writer: inout SampleWriter) {
    for index in errorCounts.indices { errorCounts[index] = 0 }
    programs.cpus.addWords(at: MemoryLayout<SyscallsPerCPU>.offset(of: \.errors)!, to: &errorCounts)
    var unknown: UInt64 = 0
    writer.begin(Self.errors)
    for (index, count) in errorCounts.enumerated() where count > 0 {
      guard let name = ErrorNumber.name(Self.error(index)) else {
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

  /// The number of an error by its place.
  private static func error(_ index: Int) -> Int {
    let programs = Int(ERRORS_OF_PROGRAMS)
    return index < programs ? index : index - programs + Int(FIRST_ERROR_OF_KERNEL)
  }

  private func writeCategories(to writer: inout SampleWriter) {
    for (index, category) in SyscallCategory.allCases.enumerated() {
      durations.clear()
      addDurations(of: index)
      write(category, call: nil, to: &writer)
    }
  }

  private func writeCalls(to writer: inout SampleWriter) {
    for index in 0..<Self.indexes where calls[index] > 0 {
      durations.clear()
      if index == Self.unknown {
        for unnamed in 0..<Self.unknown where isUnknown(unnamed) { addDurations(of: unnamed) }
      }
      addDurations(of: index)
      write(table.category(index), call: name(index), to: &writer)
    }
  }

  /// Adds the histogram at one index, over all CPUs, to `durations`.
  private func addDurations(of index: Int) {
    for lane in 0..<programs.lanes.count {
      durations.add(programs.durations, element: lane * programs.histogramsPerLane + index)
    }
  }

  private func write(_ category: SyscallCategory, call: String?, to writer: inout SampleWriter) {
    if durations.isEmpty { return }
    writer.label("category", category.rawValue)
    if let call { writer.label("syscall", call) }
    durations.write(Self.layout, to: &writer)
  }
}
