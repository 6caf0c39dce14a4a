internal import Energy
internal import BPF
internal import BPFPrograms
package import Collecting
package import Exposition
internal import Host

/// Requests of block devices: latency, number, size, errors.
package final class BlockCollector: Collector {
  private static let duration = Family(
    "block_io_duration_seconds", .histogram, unit: "seconds", labels: ["device", "operation"],
    help: "Time that driver and device took for a request: from its last issue to the driver until it completed.")
  private static let queue = Family(
    "block_io_queue_seconds", .histogram, unit: "seconds", labels: ["device", "operation"],
    help: "Time that a request was queued: from its creation until its last issue to the driver.")
  private static let ios = Family(
    "block_ios", .counter, labels: ["device", "operation", "sync"],
    help: "Completed requests, including failed ones; sync if somebody waits for them: reads, and writes marked so.")
  private static let bytes = Family(
    "block_io_bytes", .counter, unit: "bytes", labels: ["device", "operation"],
    help: "Bytes of completed requests, including failed ones, as /proc/diskstats counts sectors.")
  private static let errors = Family(
    "block_io_errors", .counter, labels: ["device", "operation"], help: "Requests that failed.")
  private static let inflight = Family(
    "block_inflight_ios", .gauge, labels: ["device"],
    help: "Requests that the driver has now, as the kernel counts them; absent where it keeps no statistics.")

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "block", summary: "disk requests: latency, time queued, number, bytes, errors", isOnByDefault: true,
    notes: """
      Whole disks, with requests and sectors counted as in `/proc/diskstats`. Merged requests are one. A write
      that only asks for a flush is a write of no bytes, and its flush is a request of its own. Zeroing, erasing
      and zone commands are writes. Commands from outside the block layer (SCSI generic, NVMe admin) are not
      counted. A request is counted once, when it ends, however often the driver sent it back; that time counts as
      queueing. Both times add up to the time spent that diskstats shows. Where the kernel keeps the times of requests itself
      (it does for writeback throttling, which is on by default) they are taken from there; from Linux 6.9 on it
      reads the clock once for all requests that a task hands over together, so that of these the time queued
      ends, and that of the driver begins, with the first of them. Devices without requests (device mapper,
      md, zram, pmem) are not here, but the disks below them are. A device has series from its first request on,
      and an operation from the first request of its kind. At most `--block.devices` devices have series of their
      own; all others are summed in `device="other"`.
      """,
    families: [duration, queue, ios, bytes, errors, inflight], isIndependent: true
  ) { context throws(CollectorFailure) in
    let watched = context.kernel.watchedForDetail()
    let programs = try BlockPrograms(context.options, watched: watched)
    context.kernel.register(programs)
    if watched != nil { context.kernel.show(programs.details) }
    return BlockCollector(programs, paths: context.options.paths)
  }

  /// 15 µs to 8 s.
  private static let times = HistogramLayout(lowest: -16, highest: 3)
  package static let operations = ["read", "write", "flush", "discard"]
  /// How long a request must have been with a driver that says it has none, to be one whose end was missed.
  private static let forgottenAge: UInt64 = 60_000_000_000
  /// What one series of each family shows.
  private struct Row {
    let device: String
    let operation: String
    let figures: BlockPrograms.Figures
    /// Where the words of the operation's `struct block_counters` begin.
    let first: Int

    func word(_ offset: Int?) -> UInt64 { figures[first + offset! / 8] }
  }

  let programs: BlockPrograms
  private var table: BlockTable
  private var histogram: KernelHistogram
  /// When those whose end was missed were last looked for.
  private var swept = MonotonicClock.now

  init(_ programs: BlockPrograms, paths: HostPaths) {
    self.programs = programs
    histogram = KernelHistogram(isFine: programs.isFine, first: Int(BLOCK_FIRST_SLOT))
    table = BlockTable(slots: programs.slots, paths: paths)
  }

  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    let now = MonotonicClock.now
    let (present, gone) = try presentDevices()
    table.note(present, at: now)
    let owners = present.filter { $0.slot != BlockPrograms.otherSlot }
    var rows: [Row] = []
    for device in owners { addRows(device.name, table.shown(device, programs.figures(device.slot)), to: &rows) }
    addRows("other", programs.figures(BlockPrograms.otherSlot), to: &rows)
    write(rows, to: &writer)

    writeUnderWay(present, to: &writer)
    sweep(present, gone: gone)
  }

  private func writeUnderWay(_ present: [BlockPrograms.Device], to writer: inout SampleWriter) {
    writer.begin(Self.inflight)
    var others: UInt64?
    for device in present {
      guard let count = table.requestsUnderWay(device.name) else { continue }
      if device.slot == BlockPrograms.otherSlot {
        others = (others ?? 0) &+ count
      } else {
        writer.label("device", device.name)
        writer.unsigned(count)
      }
    }
    if let others {
      writer.label("device", "other")
      writer.unsigned(others)
    }
  }

  /// The disks that are there, and the numbers of those that are not: they were forgotten.
  private func presentDevices() throws(CollectorFailure) -> (present: [BlockPrograms.Device], gone: Set<UInt32>) {
    let all = try programs.devices()
    let gone = all.filter { table.isGone($0) }
    if gone.isEmpty { return (all, []) }
    var present = all.filter { device in !gone.contains { $0.number == device.number } }
    for device in gone {
      if device.slot != BlockPrograms.otherSlot { table.retire(device, programs.figures(device.slot)) }
      programs.forget(device)
    }
    if gone.contains(where: { $0.slot != BlockPrograms.otherSlot }) {
      // there is a place now for one that had none
      for device in present where device.slot == BlockPrograms.otherSlot { programs.forget(device) }
      present.removeAll { $0.slot == BlockPrograms.otherSlot }
    }
    table.forgetSome(present: Set(present.map(\.name)))
    return (present, Set(gone.map(\.number)))
  }

  private func addRows(_ device: String, _ figures: BlockPrograms.Figures, to rows: inout [Row]) {
    let width = MemoryLayout<BlockCounters>.stride / 8
    for (index, operation) in Self.operations.enumerated() {
      let words = figures[index * width..<(index + 1) * width]
      guard words.contains(where: { $0 != 0 }) else { continue }
      rows.append(Row(device: device, operation: operation, figures: figures, first: index * width))
    }
  }

  private func write(_ rows: [Row], to writer: inout SampleWriter) {
    let layout = MemoryLayout<BlockCounters>.self
    for (family, offset) in [
      (Self.duration, layout.offset(of: \.duration)!), (Self.queue, layout.offset(of: \.queue)!),
    ] {
      writer.begin(family)
      for row in rows {
        histogram.clear()
        histogram.add(
          words: row.figures, at: row.first + offset / 8, count: Int(BLOCK_TIME_SLOTS), size: BlockPrograms.words)
        label(row, &writer)
        histogram.write(Self.times, to: &writer)
      }
    }
    writer.begin(Self.ios)
    for row in rows {
      for (mode, sync) in [(BLOCK_SYNC, "sync"), (BLOCK_ASYNC, "async")] {
        label(row, &writer)
        writer.label("sync", sync)
        writer.unsigned(row.word(layout.offset(of: \.ios)! + Int(mode.rawValue) * 8))
      }
    }
    for (family, offset) in [(Self.bytes, layout.offset(of: \.bytes)), (Self.errors, layout.offset(of: \.errors))] {
      writer.begin(family)
      for row in rows {
        label(row, &writer)
        writer.unsigned(row.word(offset))
      }
    }
  }

  private func label(_ row: Row, _ writer: inout SampleWriter) {
    writer.started(at: table.start(of: row.device))
    writer.label("device", row.device)
    writer.label("operation", row.operation)
  }

  /// Takes away what nothing else will: requests of disks that are gone, and now and then those whose end was missed.
  private func sweep(_ present: [BlockPrograms.Device], gone: Set<UInt32>) {
    let now = MonotonicClock.now
    if gone.isEmpty && now.subtracting(swept) < Self.forgottenAge { return }
    swept = now
    let names = Dictionary(present.map { ($0.number, $0.name) }, uniquingKeysWith: { first, _ in first })
    for key in stale(names, gone: gone, now: now) { programs.requests.remove(key) }
  }

  /// The keys of requests that their drivers do not have, as far as the kernel says.
  func stale(_ names: [UInt32: String], gone: Set<UInt32>, now: UInt64) -> [UInt64] {
    var isIdle: [UInt32: Bool] = [:]
    var result: [UInt64] = []
    _ = programs.requests.forEach { key, request in
      let isOld = now.subtracting(request.issued_ns) > Self.forgottenAge
      guard gone.contains(request.device) || isOld && request.operation != BLOCK_FLUSH.rawValue else { return }
      let idle =
        isIdle[request.device]
        ?? names[request.device].map { table.requestsUnderWay($0) == 0 } ?? gone.contains(request.device)
      isIdle[request.device] = idle
      if idle { result.append(key) }
    }
    return result
  }
}
