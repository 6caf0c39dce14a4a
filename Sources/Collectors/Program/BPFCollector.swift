internal import BPF
internal import Energy
package import Collecting
package import Exposition
internal import Glibc
internal import Host

/// Every eBPF program and map that is loaded on the machine, whosever it is.
package final class BPFCollector: PeriodicCollector {
  private static let identity = ["id", "name", "type"]
  private static let runSeconds = Family(
    "bpf_loaded_program_run_seconds", .counter, unit: "seconds", labels: identity,
    help: "Run time of an eBPF program of the machine while run-time statistics were on, since it was first seen.")
  private static let runs = Family(
    "bpf_loaded_program_runs", .counter, labels: identity,
    help: "Runs of an eBPF program of the machine while run-time statistics were on, since it was first seen.")
  private static let programBytes = Family(
    "bpf_loaded_program_bytes", .gauge, unit: "bytes", labels: identity,
    help: "Kernel memory of an eBPF program of the machine.")
  private static let maps = Family(
    "bpf_loaded_maps", .gauge, labels: ["type"], help: "eBPF maps of the machine.")
  private static let mapBytes = Family(
    "bpf_loaded_maps_bytes", .gauge, unit: "bytes", labels: ["type"],
    help: "Kernel memory of the machine's eBPF maps of a type; before Linux 6.4 an estimate.")

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "bpf", summary: "every eBPF program and map of the machine, whosever it is", isOnByDefault: false,
    notes: """
      All that is loaded is gone through every ten seconds, by the privileged helper, which takes `CAP_SYS_ADMIN`.
      What is loaded and gone in between is not seen. The kernel measures run times and runs only while somebody has it do so:
      wattprobe, one second in ten (`--bpf.statistics`), or the sysctl `kernel.bpf_stats_enabled`. Their quotient is the mean
      cost of a run all the same. `--bpf.programs` programs have series of their own, those that have run longest first, and
      keep them until they are gone; all others are summed in `id="other"`. Counters begin as wattprobe first sees a program.
      """,
    families: [runSeconds, runs, programBytes, maps, mapBytes]
  ) { context throws(CollectorFailure) in try BPFCollector(context.options) }

  package let samplingInterval: UInt64 = 10_000_000_000

  private let next: LoadedObject.Next
  private var table: LoadedProgramTable
  private var mapsByType: [String: (count: Int, bytes: UInt64?)] = [:]
  private var failure: SystemError?

  private init(_ options: CollectorOptions) throws(CollectorFailure) {
    next = options.bpf.next ?? LoadedObject.next(paths: options.paths)
    table = LoadedProgramTable(limit: options.bpf.programs)
    read(now: MonotonicClock.now)
    if let failure { throw Self.failure(failure) }
  }

  package func sample(now: UInt64) { read(now: now) }

  private func read(now: UInt64) {
    do throws(SystemError) {
      let programs = try objects(.program)
      let maps = try objects(.map)
      table.read(programs, now: now)
      mapsByType = [:]
      for map in maps {
        let type = TypeNames.map(map.type)
        var sum = mapsByType[type] ?? (0, 0)
        sum.count += 1
        sum.bytes = sum.bytes.flatMap { sum in map.bytes.map { sum &+ $0 } }
        mapsByType[type] = sum
      }
      failure = nil
    } catch {
      failure = error
    }
  }

  private func objects(_ kind: LoadedObject.Kind) throws(SystemError) -> [LoadedObject] {
    var result: [LoadedObject] = []
    while let object = try next(kind, result.last?.id ?? 0).get() {
      // ids rise: a walk ends
      if let last = result.last, object.id <= last.id { break }
      result.append(object)
    }
    return result
  }

  private static func failure(_ error: SystemError) -> CollectorFailure {
    CollectorFailure(
      error.errno == EPERM || error.errno == EACCES ? .permission : .read, "\(error)",
      cure: "grant CAP_SYS_ADMIN, or leave it out with --no-collector.bpf")
  }

  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    if let failure { throw Self.failure(failure) }
    let entries = table.entries.values.sorted { $0.object.id < $1.object.id }
    write(Self.runSeconds, entries, to: &writer) { $0.nanoseconds($1.nanoseconds) }
    write(Self.runs, entries, to: &writer) { $0.unsigned($1.runs) }
    writer.begin(Self.programBytes)
    for entry in entries {
      guard let bytes = entry.object.bytes else { continue }
      label(entry, &writer)
      writer.unsigned(bytes)
    }
    if let bytes = table.otherBytes {
      labelOther(&writer)
      writer.unsigned(bytes)
    }
    writeMaps(to: &writer)
  }

  /// A counter of each program and of all others.
  private func write(
    _ family: Family, _ entries: [LoadedProgramTable.Entry], to writer: inout SampleWriter,
    _ value: (inout SampleWriter, LoadedProgramTable.Counts) -> Void
  ) {
    writer.begin(family)
    for entry in entries {
      label(entry, &writer)
      writer.started(at: entry.began)
      value(&writer, entry.counted)
    }
    labelOther(&writer)
    value(&writer, table.other)
  }

  private func label(_ entry: LoadedProgramTable.Entry, _ writer: inout SampleWriter) {
    writer.label("id", entry.object.id)
    writer.label("name", entry.object.name)
    writer.label("type", TypeNames.program(entry.object.type))
  }

  private func labelOther(_ writer: inout SampleWriter) { writer.label("id", "other") }

  private func writeMaps(to writer: inout SampleWriter) {
    let types = mapsByType.sorted { $0.key < $1.key }
    writer.begin(Self.maps)
    for (type, sum) in types {
      writer.label("type", type)
      writer.integer(Int64(sum.count))
    }
    writer.begin(Self.mapBytes)
    for (type, sum) in types {
      guard let bytes = sum.bytes else { continue }
      writer.label("type", type)
      writer.unsigned(bytes)
    }
  }
}
