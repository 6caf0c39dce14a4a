internal import Energy
internal import BPF
package import Collecting
package import Exposition
internal import Glibc
internal import Host
internal import Logging

/// Version control data the build was made from.
package struct BuildInformation: Sendable, Hashable {
  package let version: String
  package let revision: String

  package init(version: String, revision: String) {
    self.version = version
    self.revision = revision
  }
}

/// The program itself: what it is, what it costs, what it lost.
package final class ProgramCollector: CostMeter {
  private static let build = Family(
    "build", .info, labels: ["version", "revision", "kernel"], help: "Version of wattprobe and of the running kernel.")
  private static let runSeconds = Family(
    "bpf_program_run_seconds", .counter, unit: "seconds", labels: ["collector", "program"],
    help: "Run time of eBPF programs while statistics were on; divided by the number of runs, the mean cost of a run.")
  private static let runs = Family(
    "bpf_program_runs", .counter, labels: ["collector", "program"],
    help: "Runs of eBPF programs while statistics were on.")
  private static let attached = Family(
    "bpf_program_attached", .gauge, labels: ["collector", "program", "reason"],
    help:
      "Whether an eBPF program is at its event (1) or not (0); reason: budget (shed), demand (runs for moments), disabled (by an option, or another form is used), permission, absent (no such event), hook (refused)."
  )
  private static let entries = Family(
    "bpf_map_entries", .gauge, labels: ["map"], help: "Entries in use of an eBPF map, counted every ten seconds.")
  private static let capacity = Family(
    "bpf_map_capacity", .gauge, labels: ["map"], help: "Entries that an eBPF map has room for.")
  private static let bytes = Family(
    "bpf_map_bytes", .gauge, unit: "bytes", labels: ["collector", "map"],
    help:
      "Kernel memory of an eBPF map, read every ten seconds; before Linux 6.4 an estimate, and without what task storage holds."
  )
  private static let lost = Family(
    "bpf_lost_updates", .counter, labels: ["map", "cause"],
    help: "Updates that were lost, by cause: the map was full, there was no memory, or the program interrupted itself.")
  private static let overhead = Family(
    "overhead_ratio", .gauge, unit: "ratio",
    help:
      "What wattprobe costs, in CPUs: eBPF run time in the last sample, and its own CPU time since the sample before.")
  private static let cpu = Family(
    unprefixed: "process_cpu_seconds", .counter, unit: "seconds", help: "User and system CPU time of wattprobe itself.")
  private static let memory = Family(
    unprefixed: "process_resident_memory_bytes", .gauge, unit: "bytes", help: "Resident memory of wattprobe itself.")
  private static let descriptors = Family(
    unprefixed: "process_open_fds", .gauge, help: "Open file descriptors of wattprobe itself.")
  private static let start = Family(
    unprefixed: "process_start_time_seconds", .gauge, unit: "seconds",
    help: "Start time of wattprobe itself since the Unix epoch.")

  package static let families = [
    build, runSeconds, runs, attached, entries, capacity, bytes, lost, overhead, cpu, memory, descriptors, start,
  ]

  /// Statistics cost each program about a clock read twice over, so they are on for a tenth of the time.
  package let samplingInterval: UInt64 = 1_000_000_000
  private static let cycle = 10
  private static let countingPeriod: UInt64 = 10_000_000_000

  private let information: BuildInformation
  private let context: CollectorContext
  private let startTime: Double?
  private let statistics: StatisticsSwitch?
  private var tick = 0
  private var isSampling: Bool
  private var before: (time: UInt64, run: [String: UInt64])?
  /// What was measured and not handed out yet, and the program's own CPU time as it was handed out last.
  private var costs: Budget.Costs?
  private var checked: (time: UInt64, cpu: UInt64)?
  /// nil: to be read, which takes a step of the budget.
  private var states: [ProgramStates.Program]?
  /// When a collector's counters began anew, by name, on CLOCK_MONOTONIC.
  private var restarts: [String: UInt64] = [:]
  private var programRatio: Double?
  private var lastCPU: (time: UInt64, cpu: UInt64)?
  private var ownRatio: Double?
  /// When the programs were asked last, and what they had run.
  private var programsRead: UInt64?
  private var programs: [(object: any LoadedPrograms, programs: [ProgramStatistics])] = []
  /// When entries were counted last, and what there was.
  private var counted: UInt64?
  private var maps: [(map: MapDescription, entries: Int?)] = []
  /// What maps take, by collector and map, constants and variables together.
  private var mapBytes: [(collector: String, map: String, bytes: UInt64)] = []

  /// Switches the kernel's run-time statistics of eBPF programs on and off: 0 or the negated `errno`. EPIPE: nobody can any
  /// more; ETIMEDOUT: not this time.
  package typealias StatisticsSwitch = @Sendable (_ on: Bool) -> CInt

  /// `statistics` is nil where run-time statistics are not wanted or not permitted.
  package init(_ context: CollectorContext, build: BuildInformation, statistics: StatisticsSwitch?) {
    self.context = context
    self.statistics = statistics
    self.information = build
    self.startTime = try? OwnProcess.startTime(paths: context.options.paths)
    self.isSampling = statistics != nil
    readMapBytes()
  }

  /// Switches statistics on for one tick in ten and takes the cost from that tick.
  package func sample(now: UInt64) {
    measureOwn(now)
    defer { tick += 1 }
    if !isSampling || (before == nil && tick % Self.cycle != 0) { return }
    readPrograms()
    let run = Dictionary(
      programs.map { ($0.object.collector, $0.programs.reduce(0) { $0 &+ $1.runNanoseconds }) }, uniquingKeysWith: &+)
    if let before {
      let elapsed = Double(max(1, now.subtracting(before.time)))
      let ratios = Dictionary(
        uniqueKeysWithValues: run.map { ($0, Double($1.subtracting(before.run[$0] ?? 0)) / elapsed) })
      programRatio = ratios.values.reduce(0, +)
      measure(ratios, now)
      self.before = nil
      setStatistics(false)
    }
    if tick % Self.cycle == 0, isSampling, setStatistics(true) { before = (now, run) }
  }

  /// Adds the program's own CPU time since this was done last, which is known from the second time on.
  private func measure(_ programs: [String: Double], _ now: UInt64) {
    let cpu = OwnProcess.cpuNanoseconds
    if let checked, now > checked.time {
      let own = Double(cpu.subtracting(checked.cpu)) / Double(now - checked.time)
      costs = Budget.Costs(total: programs.values.reduce(own, +), collectors: programs)
    }
    checked = (now, cpu)
  }

  package func takeCosts() -> Budget.Costs? {
    defer { costs = nil }
    return costs
  }

  package func stepped(_ collector: String, began: UInt64?) {
    if let began { restarts[collector] = began }
    states = nil
  }

  /// Whether that was done.
  @discardableResult
  private func setStatistics(_ on: Bool) -> Bool {
    let result = statistics?(on) ?? -EPIPE
    switch -result {
    case 0: return true
    case ETIMEDOUT:
      context.logger.notice(
        "run-time statistics of eBPF programs could not be switched \(on ? "on" : "off")",
        metadata: ["cause": "no answer within a second"])
    case let error:
      // what stands still is not shown
      isSampling = false
      programRatio = nil
      // said by whoever watches the helper
      if error == EPIPE { break }
      context.logger.notice(
        "no run-time statistics of eBPF programs from now on",
        metadata: [
          "cause": "\(SystemError(error, call: "switch", path: "them"))",
          "cure": error == EPERM ? "grant CAP_SYS_ADMIN, or give --no-bpf.statistics" : "give --no-bpf.statistics",
        ])
    }
    return false
  }

  private func measureOwn(_ now: UInt64) {
    let cpu = OwnProcess.cpuNanoseconds
    if let lastCPU, now > lastCPU.time {
      let ratio = Double(cpu.subtracting(lastCPU.cpu)) / Double(now - lastCPU.time)
      // over about ten samples
      ownRatio = ownRatio.map { $0 * 0.9 + ratio * 0.1 } ?? ratio
    }
    lastCPU = (now, cpu)
  }

  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    writer.begin(Self.build)
    writer.label("version", information.version)
    writer.label("revision", information.revision)
    writer.label("kernel", Kernel.release)
    writer.unsigned(1)
    writePrograms(to: &writer)
    writeMaps(to: &writer)
    if let ownRatio {
      writer.begin(Self.overhead)
      writer.double(ownRatio + (programRatio ?? 0))
    }
    writeProcess(to: &writer)
  }

  private func writePrograms(to writer: inout SampleWriter) {
    if programsRead.map({ MonotonicClock.now.subtracting($0) >= Self.countingPeriod }) ?? true { readPrograms() }
    let all = programs.flatMap { object, programs in programs.map { (object.collector, $0) } }
    if isSampling {
      writer.begin(Self.runSeconds)
      for (collector, program) in all {
        writer.label("collector", collector)
        writer.label("program", program.name)
        writer.nanoseconds(program.runNanoseconds)
      }
      writer.begin(Self.runs)
      for (collector, program) in all {
        writer.label("collector", collector)
        writer.label("program", program.name)
        writer.unsigned(program.runs)
      }
    }
    writer.begin(Self.attached)
    for (collector, program, reason) in attachments() {
      writer.label("collector", collector)
      writer.label("program", program)
      writer.label("reason", reason.rawValue)
      writer.integer(reason == .none ? 1 : 0)
    }
    writer.begin(Self.lost)
    for (object, programs) in programs {
      for (map, cause, count) in object.lostUpdates() {
        writer.label("map", map)
        writer.label("cause", cause)
        writer.started(at: restarts[object.collector])
        writer.unsigned(count)
      }
      for program in programs where program.recursionMisses > 0 {
        writer.label("map", program.name)
        writer.label("cause", "recursion")
        writer.unsigned(program.recursionMisses)
      }
    }
  }

  private func attachments() -> [ProgramStates.Program] {
    let states = states ?? ProgramStates.read(context.kernel.loaded)
    self.states = states
    return states
  }

  /// A system call for each program: made as statistics go on and off, in between nothing of it changes but interruptions.
  private func readPrograms() {
    programs = context.kernel.loaded.map { ($0, $0.programs()) }
    programsRead = MonotonicClock.now
  }

  /// A hash is counted entry by entry, which may be many: not in every scrape.
  private func countEntries() {
    let now = MonotonicClock.now
    if let counted, now.subtracting(counted) < Self.countingPeriod { return }
    counted = now
    maps = context.kernel.loaded.flatMap { $0.maps() }.filter(\.isSized).map { ($0, $0.entries()) }
    readMapBytes()
  }

  /// Before Linux 5.14 that is root's to read: what was read as it started stays, which is a map's for good there.
  private func readMapBytes() {
    let now = MapMemory.read(context.kernel.loaded, paths: context.options.paths)
    if !now.isEmpty { mapBytes = now }
  }

  private func writeMaps(to writer: inout SampleWriter) {
    countEntries()
    writer.begin(Self.entries)
    for (map, entries) in maps {
      guard let entries else { continue }
      writer.label("map", map.name)
      writer.integer(Int64(entries))
    }
    writer.begin(Self.capacity)
    for (map, _) in maps {
      writer.label("map", map.name)
      writer.integer(Int64(map.capacity))
    }
    writer.begin(Self.bytes)
    for (collector, map, bytes) in mapBytes {
      writer.label("collector", collector)
      writer.label("map", map)
      writer.unsigned(bytes)
    }
  }

  private func writeProcess(to writer: inout SampleWriter) {
    writer.begin(Self.cpu)
    // it has run for a moment before anything else was counted
    writer.started(atMilliseconds: startTime.flatMap { UInt64(exactly: ($0 * 1000).rounded(.down)) })
    writer.nanoseconds(OwnProcess.cpuNanoseconds)
    if let bytes = try? OwnProcess.residentBytes(paths: context.options.paths) {
      writer.begin(Self.memory)
      writer.unsigned(bytes)
    }
    if let count = try? OwnProcess.openDescriptors(paths: context.options.paths) {
      writer.begin(Self.descriptors)
      writer.integer(Int64(count))
    }
    if let startTime {
      writer.begin(Self.start)
      writer.double(startTime)
    }
  }
}
