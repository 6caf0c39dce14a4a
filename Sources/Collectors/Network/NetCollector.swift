internal import Energy
internal import BPF
internal import BPFPrograms
package import Collecting
package import Exposition
internal import Host

/// Packets that pass network devices, their wait in transmit queues, and packets dropped.
package final class NetCollector: PeriodicCollector, SheddableCollector {
  private static let packets = Family(
    "network_packets", .counter, labels: ["device", "direction"],
    help:
      "Packets received from and handed to network drivers, by device of the host; other are those of other network namespaces, and those there is no room for."
  )
  private static let bytes = Family(
    "network_bytes", .counter, unit: "bytes", labels: ["device", "direction"],
    help:
      "Bytes received from and handed to network drivers, including link-layer headers; devices as in network_packets.")
  private static let queue = Family(
    "network_transmit_queue_seconds", .histogram, unit: "seconds", labels: ["device"],
    help:
      "Time that packets waited in a queueing discipline until they were offered to the driver; 0 on devices without one."
  )
  private static let drops = Family(
    "network_drops", .counter, labels: ["reason"],
    help: "Packets that the kernel dropped, by the kernel's own name of the reason.")

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "net", summary: "packets, bytes and transmit queues of network devices, drops by reason", isOnByDefault: true,
    notes: """
      Devices are those of the host, that is of the network namespace that the kernel began with, wherever the
      exporter itself runs. Those of all other namespaces, every container's `eth0` and `lo`, are summed in
      `device="other"`: what they send and receive also passes a device of the host, so add up named devices to know
      what the machine sends. Drops are those of all namespaces. A packet is counted as the kernel passes it on: what was merged on reception (GRO), or will be cut into segments by the device
      (TSO), is one packet with one header. So veth, loopback and the sending side of virtio agree with
      `/proc/net/dev`, while a network card that counts what is on the wire shows more. Bridges do not count the
      link-layer header of packets that they receive themselves. VLAN, bond, team, macvlan and ipvlan devices are
      fed inside the kernel's receive function, where it cannot be seen: what they receive is counted for the
      device below, and they have no `receive` of their own (macvlan: broadcasts only). At most `--net.devices`
      devices have series; all others are summed in `device="other"`, too. A device that is gone loses its series after
      five minutes without a packet; if a new device needs the place, the one that has been idle longest gives
      way. Packets that are cut into segments on their way to the driver, or that wait for more than a minute, are
      not in the histogram.
      """,
    families: [packets, bytes, queue, drops], isIndependent: true
  ) { context throws(CollectorFailure) in try NetCollector(context) }

  package let samplingInterval: UInt64 = 10_000_000_000
  /// A stamp older than this has lost its packet.
  private static let longestWait: UInt64 = 60_000_000_000
  /// 1 µs to 2 s.
  private static let waits = HistogramLayout(lowest: -20, highest: 1)

  let programs: NetPrograms
  private let options: NetOptions
  private let paths: HostPaths
  private let reasons: DropReasonNames
  private var table: DeviceTable
  private var labels: [String: PreparedLabels] = [:]

  private init(_ context: CollectorContext) throws(CollectorFailure) {
    options = context.options.net
    paths = context.options.paths
    reasons = DropReasonNames()
    programs = try NetPrograms.load(
      options: context.options, hasQueueReasons: reasons.hasQueueReasons, logger: context.logger)
    context.kernel.register(programs)
    table = DeviceTable(limit: options.devices, grace: options.graceNanoseconds)
  }

  package var canBeShed: Bool { true }
  package func shed() { programs.detach() }

  package func comeBack() throws(CollectorFailure) {
    try programs.restart()
    table = DeviceTable(limit: options.devices, grace: options.graceNanoseconds)
    labels = [:]
  }

  package func sample(now: UInt64) {
    programs.forgetStamps(before: now.subtracting(Self.longestWait))
    programs.handOutPlaces()
    guard let readings = programs.readings() else { return }
    table.update(readings, now: now)
    let existing = Set((try? Directory.names(paths.sys("class/net"))) ?? [])
    table.retire(now: now, exists: existing.contains) { name in
      programs.forget(name)
      labels[name] = nil
    }
  }

  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    guard let readings = programs.readings() else {
      throw CollectorFailure(.read, "map network_devices cannot be read in batches", cure: "use kernel 5.10 or later")
    }
    table.update(readings, now: MonotonicClock.now)
    table.markShown()

    writer.begin(Self.packets)
    forEachDevice { name, labels, counters in
      pair(name, labels, counters.received, counters.sent, to: &writer)
    }
    writer.begin(Self.bytes)
    forEachDevice { name, labels, counters in
      pair(name, labels, counters.receivedBytes, counters.sentBytes, to: &writer)
    }
    writer.begin(Self.queue)
    forEachDevice { _, labels, counters in
      writer.labels(labels)
      counters.queue.write(Self.waits, to: &writer)
    }
    writeDrops(to: &writer)
  }

  private func forEachDevice(_ body: (String, PreparedLabels, DeviceCounters) -> Void) {
    for entry in table.entries { body(entry.name, prepared(entry.name, startedAt: entry.startedAt), entry.value) }
    body(DeviceTable.other, prepared(DeviceTable.other, startedAt: nil), table.otherValue)
  }

  /// What a device is never seen to receive is absent: it may be one of those whose packets do not show.
  private func pair(
    _ name: String, _ labels: PreparedLabels, _ received: UInt64, _ sent: UInt64, to writer: inout SampleWriter
  ) {
    if received > 0 || name == DeviceTable.other {
      writer.labels(labels)
      writer.label("direction", "receive")
      writer.unsigned(received)
    }
    writer.labels(labels)
    writer.label("direction", "transmit")
    writer.unsigned(sent)
  }

  private func prepared(_ name: String, startedAt: UInt64?) -> PreparedLabels {
    if let found = labels[name] { return found }
    let made = PreparedLabels(Self.packets) { $0.label("device", name) }.starting(at: startedAt)
    labels[name] = made
    return made
  }

  private func writeDrops(to writer: inout SampleWriter) {
    let layout = MemoryLayout<DropCounts>.self
    writer.begin(Self.drops)
    for number in 0..<Int(DROP_REASONS) {
      write(reasons.name(number), offset: layout.offset(of: \.drops)! + number * 8, to: &writer)
    }
    for number in 0..<Int(QUEUE_REASONS) {
      write(reasons.queueReason(number), offset: layout.offset(of: \.queue_drops)! + number * 8, to: &writer)
    }
    for number in 0..<Int(DROP_SUBSYSTEMS) {
      write(reasons.subsystem(number), offset: layout.offset(of: \.foreign)! + number * 8, to: &writer)
    }
    write("unspecified", offset: layout.offset(of: \.unspecified)!, to: &writer)
  }

  /// A reason has its series from the first drop on.
  private func write(_ reason: String, offset: Int, to writer: inout SampleWriter) {
    let count = programs.drops.sum(offset: offset)
    if count == 0 { return }
    writer.label("reason", reason)
    writer.unsigned(count)
  }
}
