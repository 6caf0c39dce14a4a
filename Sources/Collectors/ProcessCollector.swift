internal import BPFPrograms
package import Collecting
package import Exposition
internal import Host

/// What the processes that matter use, and all others together.
package final class ProcessCollector: PeriodicCollector {
  private static let identity = ["pid", "comm", "cgroup"]
  private static let cpu = Family(
    "process_cpu_seconds", .counter, unit: "seconds", labels: identity + ["mode"],
    help: "CPU time used, exact in sum, split into user and system as the kernel does.")
  private static let runqueue = Family(
    "process_runqueue_seconds", .counter, unit: "seconds", labels: identity,
    help: "Time threads waited, runnable, for a CPU.")
  private static let switches = Family(
    "process_context_switches", .counter, labels: identity + ["kind"], help: "Context switches of all threads.")
  private static let faults = Family(
    "process_page_faults", .counter, labels: identity + ["kind"],
    help: "Page faults: minor without, major with input from storage.")
  private static let io = Family(
    "process_io_bytes", .counter, unit: "bytes", labels: identity + ["direction"],
    help: "Bytes fetched from and sent to storage on behalf of the process.")
  private static let resident = Family(
    "process_resident_bytes", .gauge, unit: "bytes", labels: identity, help: "Memory in RAM, shared pages included.")
  private static let virtual = Family(
    "process_virtual_bytes", .gauge, unit: "bytes", labels: identity, help: "Size of the address space.")
  private static let threads = Family("process_threads", .gauge, labels: identity, help: "Number of threads.")
  private static let scheduling = Family(
    "process_scheduling", .info, labels: identity + ["policy", "priority", "nice"],
    help: "Scheduling policy, kernel priority and nice value of the first thread.")

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "process", summary: "CPU, run-queue time, switches, faults, I/O and memory of the processes that matter",
    isOnByDefault: true,
    families: [cpu, runqueue, switches, faults, io, resident, virtual, threads, scheduling]
  ) { context throws(CollectorFailure) in try ProcessCollector(context) }

  /// A scrape within this time of the last pass shows that pass.
  private static let freshness: UInt64 = 100_000_000

  package let samplingInterval: UInt64
  private let programs: ProcessPrograms
  private let paths: HostPaths
  private var table: ProcessTable
  private var lastPass: UInt64 = 0
  private var failure: CollectorFailure?

  private init(_ context: CollectorContext) throws(CollectorFailure) {
    let options = context.options.process
    programs = try ProcessPrograms(limit: options.limit)
    context.kernel.register(programs)
    paths = context.options.paths
    samplingInterval = options.intervalNanoseconds
    table = ProcessTable(options: options)
    sample(now: MonotonicClock.now)
  }

  package func sample(now: UInt64) {
    do throws(CollectorFailure) {
      try programs.pass(&table, now: now) { tgid in
        (try? ProcessFiles.controlGroup(pid: Int32(bitPattern: tgid), paths: paths)) ?? ""
      }
      lastPass = now
      failure = nil
    } catch {
      failure = error
    }
  }

  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    let now = MonotonicClock.now
    if now.subtracting(lastPass) > Self.freshness { sample(now: now) }
    if let failure { throw failure }

    counter(Self.cpu, "mode", ["user", "system"], to: &writer) { series in
      series.map { [$0.cpu.user, $0.cpu.system] } ?? [table.otherCPU.user, table.otherCPU.system]
    } write: { writer, value in
      writer.nanoseconds(value)
    }

    writer.begin(Self.runqueue)
    for one in table.series {
      identify(one, to: &writer)
      writer.nanoseconds(one.used.runqueue_ns)
    }
    writer.label("pid", "other")
    writer.nanoseconds(table.other.runqueue_ns)

    counter(Self.switches, "kind", ["voluntary", "involuntary"], to: &writer) { series in
      let used = series?.used ?? table.other
      return [used.voluntary_switches, used.involuntary_switches]
    } write: { writer, value in
      writer.unsigned(value)
    }
    counter(Self.faults, "kind", ["minor", "major"], to: &writer) { series in
      let used = series?.used ?? table.other
      return [used.minor_faults, used.major_faults]
    } write: { writer, value in
      writer.unsigned(value)
    }
    counter(Self.io, "direction", ["read", "write"], to: &writer) { series in
      let used = series?.used ?? table.other
      return [used.read_bytes, used.written_bytes]
    } write: { writer, value in
      writer.unsigned(value)
    }

    gauge(Self.resident, other: table.otherResident, to: &writer) { $0.resident_bytes }
    gauge(Self.virtual, other: table.otherVirtual, to: &writer) { $0.virtual_bytes }
    gauge(Self.threads, other: table.otherThreads, to: &writer) { UInt64($0.threads) }
    writeScheduling(to: &writer)
  }

  private func identify(_ one: ProcessSeries, to writer: inout SampleWriter) {
    writer.label("pid", one.tgid)
    one.comm.withUnsafeBytes { writer.label("comm", bytes: $0) }
    writer.label("cgroup", one.cgroup)
  }

  /// A counter with one more label: `values` of a series, or of `other` for nil, in the order of `names`.
  private func counter(
    _ family: Family, _ label: StaticString, _ names: [String], to writer: inout SampleWriter,
    values: (ProcessSeries?) -> [UInt64], write: (inout SampleWriter, UInt64) -> Void
  ) {
    writer.begin(family)
    for one in table.series {
      for (name, value) in zip(names, values(one)) {
        identify(one, to: &writer)
        writer.label(label, name)
        write(&writer, value)
      }
    }
    for (name, value) in zip(names, values(nil)) {
      writer.label("pid", "other")
      writer.label(label, name)
      write(&writer, value)
    }
  }

  /// What lives now; a process that ended has no size.
  private func gauge(
    _ family: Family, other: UInt64, to writer: inout SampleWriter, value: (process_record) -> UInt64
  ) {
    writer.begin(family)
    for one in table.series {
      guard let record = one.record else { continue }
      identify(one, to: &writer)
      writer.unsigned(value(record))
    }
    writer.label("pid", "other")
    writer.unsigned(other)
  }

  private func writeScheduling(to writer: inout SampleWriter) {
    writer.begin(Self.scheduling)
    for one in table.series {
      guard let record = one.record else { continue }
      identify(one, to: &writer)
      writer.label("policy", SchedulingPolicy.name(record.policy) ?? "unknown")
      writer.label("priority", record.priority)
      writer.label("nice", record.nice)
      writer.unsigned(1)
    }
  }
}
