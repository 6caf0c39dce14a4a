internal import BPFPrograms
package import Collecting
package import Exposition
internal import Host

/// What the processes that matter use, and all others together.
package final class ProcessCollector: PeriodicCollector {
  static let identity = ["pid", "comm", "cgroup"]
  private static let cpu = Family(
    "process_cpu_seconds", .counter, unit: "seconds", labels: identity + ["mode"],
    help: "CPU time of the process, by mode; the sum is exact, the split between user and system is the kernel's.")
  private static let runqueue = Family(
    "process_runqueue_seconds", .counter, unit: "seconds", labels: identity,
    help: "Time that threads of the process waited, runnable, for a CPU.")
  private static let switches = Family(
    "process_context_switches", .counter, labels: identity + ["kind"],
    help: "Context switches of all threads of the process, by kind.")
  private static let faults = Family(
    "process_page_faults", .counter, labels: identity + ["kind"],
    help: "Page faults of the process: major if the page was read from storage, else minor.")
  private static let io = Family(
    "process_io_bytes", .counter, unit: "bytes", labels: identity + ["direction"],
    help: "Bytes read from and written to storage on behalf of the process.")
  private static let resident = Family(
    "process_resident_bytes", .gauge, unit: "bytes", labels: identity,
    help:
      "Resident memory of the process, including shared pages; of other, as the kernel's counters have it without what CPUs hold of them back."
  )
  private static let virtual = Family(
    "process_virtual_bytes", .gauge, unit: "bytes", labels: identity,
    help: "Virtual memory size of the process.")
  private static let threads = Family(
    "process_threads", .gauge, labels: identity, help: "Number of threads of the process.")
  private static let scheduling = Family(
    "process_scheduling", .info, labels: identity + ["policy", "priority", "nice"],
    help: "Scheduling policy, kernel priority and nice value of the first thread.")

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "process",
    summary: "CPU time, run-queue time, context switches, page faults, I/O, memory and energy of the busiest processes",
    isOnByDefault: true,
    notes: """
      A process gets series of its own once it has used 10 ms of CPU time recently (older use counts less). What it used
      before, and everything of processes without series, is in `pid="other"`. No counter ever falls, and the sum over the
      rates of all series is the machine's at every moment; a plain sum of counters loses what an ended process had, with its
      series. A process that lives less than two seconds stays in `other` (see exits). Ended processes keep their series for
      `--process.grace`, which should be longer than the scrape interval. Energy is attributed where there is a sensor: see
      energy. It begins with the first scrape that shows the series; what was used before that is in `other`, too. Kernel
      threads have no series; their energy is `to="kernel"`.
      """,
    families: energyFamilies + [cpu, runqueue, switches, faults, io, resident, virtual, threads, scheduling]
      + detailFamilies
  ) { context throws(CollectorFailure) in
    ProcessCollector(try context.kernel.tasks(), kernel: context.kernel, paths: context.options.paths)
  }

  package var samplingInterval: UInt64 { tasks.samplingInterval }
  private let tasks: TaskPasses
  /// Knows what else is counted by process: those collectors start later.
  private let kernel: KernelPrograms
  private let memory: ProcessMemory

  private init(_ tasks: TaskPasses, kernel: KernelPrograms, paths: HostPaths) {
    self.tasks = tasks
    self.kernel = kernel
    memory = ProcessMemory(paths: paths)
  }

  package func sample(now: UInt64) { tasks.sample(now: now) }

  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    try tasks.refresh()
    tasks.showEnergyOfProcesses()
    tasks.showUsageOfProcesses()
    let table = tasks.processes
    writeEnergy(tasks.tables, to: &writer)
    counter(
      Self.cpu, "mode", ("user", "system"), to: &writer, other: (table.otherCPU.user, table.otherCPU.system)
    ) {
      ($0.cpu.user, $0.cpu.system)
    } write: { writer, value in
      writer.nanoseconds(value)
    }

    writer.begin(Self.runqueue)
    for index in table.series.indices {
      writer.labels(table.series[index].labels)
      writer.nanoseconds(table.series[index].used.runqueue_ns)
    }
    writer.label("pid", "other")
    writer.nanoseconds(table.other.runqueue_ns)

    counter(Self.switches, "kind", ("voluntary", "involuntary"), to: &writer) {
      ($0.voluntary_switches, $0.involuntary_switches)
    }
    counter(Self.faults, "kind", ("minor", "major"), to: &writer) { ($0.minor_faults, $0.major_faults) }
    counter(Self.io, "direction", ("read", "write"), to: &writer) { ($0.read_bytes, $0.written_bytes) }

    gauge(Self.resident, other: table.otherResident, to: &writer, value: residentBytes)
    memory.closeUnused()
    gauge(Self.virtual, other: table.otherVirtual, to: &writer) { $0.memory_of == 0 ? nil : $0.virtual_bytes }
    gauge(Self.threads, other: table.otherThreads, to: &writer) { UInt64($0.threads) }
    writeScheduling(to: &writer)
    writeDetail(kernel.details, table, to: &writer)
  }

  /// The labels by which a process is known, ready for its samples.
  static func labels(tgid: UInt32, comm: [UInt8], cgroup: String) -> PreparedLabels {
    PreparedLabels(runqueue) { writer in
      writer.label("pid", tgid)
      writer.label("comm", String(distinguishing: comm))
      writer.label("cgroup", cgroup)
    }
  }

  /// A pair of counters out of what was used.
  private func counter(
    _ family: Family, _ label: StaticString, _ names: (String, String), to writer: inout SampleWriter,
    values: (TaskUsage) -> (UInt64, UInt64)
  ) {
    counter(family, label, names, to: &writer, other: values(tasks.processes.other)) {
      values($0.used)
    } write: { writer, value in
      writer.unsigned(value)
    }
  }

  /// A pair of counters with one more label: those of each series, then those of `other`.
  private func counter(
    _ family: Family, _ label: StaticString, _ names: (String, String), to writer: inout SampleWriter,
    other: (UInt64, UInt64), values: (borrowing ProcessSeries) -> (UInt64, UInt64),
    write: (inout SampleWriter, UInt64) -> Void
  ) {
    let table = tasks.processes
    writer.begin(family)
    for index in table.series.indices {
      let pair = values(table.series[index])
      writer.labels(table.series[index].labels)
      writer.label(label, names.0)
      write(&writer, pair.0)
      writer.labels(table.series[index].labels)
      writer.label(label, names.1)
      write(&writer, pair.1)
    }
    writer.label("pid", "other")
    writer.label(label, names.0)
    write(&writer, other.0)
    writer.label("pid", "other")
    writer.label(label, names.1)
    write(&writer, other.1)
  }

  /// What lives now; a process that ended has no size, and one without memory none of that.
  private func gauge(
    _ family: Family, other: UInt64, to writer: inout SampleWriter, value: (ProcessRecord) -> UInt64?
  ) {
    let table = tasks.processes
    writer.begin(family)
    for index in table.series.indices {
      guard let value = table.series[index].record.flatMap(value) else { continue }
      writer.labels(table.series[index].labels)
      writer.unsigned(value)
    }
    writer.label("pid", "other")
    writer.unsigned(other)
  }

  /// From Linux 6.2 on the iterator finds the central part of counters whose other parts the CPUs hold, up to 64 pages each
  /// and more on large machines; procfs adds them up (from 6.17 on, and 6.12 with its later fixes).
  private func residentBytes(_ record: ProcessRecord) -> UInt64? {
    if record.memory_of == 0 { return nil }
    return memory.residentBytes(ofProcess: record.tgid, thread: record.memory_of) ?? record.resident_bytes
  }

  private func writeScheduling(to writer: inout SampleWriter) {
    let table = tasks.processes
    writer.begin(Self.scheduling)
    for index in table.series.indices {
      guard let record = table.series[index].record else { continue }
      writer.labels(table.series[index].labels)
      writer.label("policy", SchedulingPolicy.name(record.policy) ?? "unknown")
      writer.label("priority", record.priority)
      writer.label("nice", record.nice)
      writer.unsigned(1)
    }
  }
}
