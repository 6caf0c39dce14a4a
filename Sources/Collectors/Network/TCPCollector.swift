internal import BPF
internal import BPFPrograms
package import Collecting
package import Exposition

/// TCP connections made, failed and accepted, their round-trip times, segments sent again and resets.
package final class TCPCollector: SheddableCollector {
  private static let connections = Family(
    "tcp_connections", .counter, labels: ["family", "result"],
    help: "TCP connections: established from here, failed (or given up) before that, and accepted.")
  private static let connects = Family(
    "tcp_connect_duration_seconds", .histogram, unit: "seconds", labels: ["family"],
    help: "Time from the first SYN until the connection was established, for connections made from here.")
  private static let retransmits = Family(
    "tcp_retransmits", .counter, labels: ["kind"],
    help: "Segments retransmitted, by kind: SYN, SYN-ACK, after a timeout, in fast recovery, or as a tail loss probe.")
  private static let resets = Family(
    "tcp_resets", .counter, labels: ["direction"],
    help: "TCP resets sent, and resets received for an existing connection.")
  private static let rtt = Family(
    "tcp_rtt_seconds", .histogram, unit: "seconds", labels: ["family"],
    help: "Smoothed round-trip time of connections when they closed.")

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "tcp", summary: "TCP connections, connect and round-trip times, retransmits, resets", isOnByDefault: true,
    notes: """
      All network namespaces together, unlike `/proc/net/snmp`. `family` is that of the addresses in use: an IPv6
      socket that talks to a mapped IPv4 address counts as ipv4. A connection attempt that the program gives up
      counts as failed; `AttemptFails` leaves it out. Before Linux 6.10 a reset is seen only if it belongs to a
      socket, so not those that answer an attempt to connect to a closed port.
      """,
    families: [connections, connects, retransmits, resets, rtt], isIndependent: true
  ) { context throws(CollectorFailure) in
    let programs = try TCPPrograms(context.options)
    context.kernel.register(programs)
    return TCPCollector(programs)
  }

  private static let familyNames = ["ipv4", "ipv6"]
  private static let results = ["established", "failed", "accepted"]
  private static let kinds = ["syn", "synack", "timeout", "fast", "probe"]
  private static let directions = ["sent", "received"]
  /// 4 µs to 64 s, the wait for the last SYN but one.
  private static let connectTimes = HistogramLayout(lowest: -18, highest: 6)
  /// 4 µs to 4 s.
  private static let roundTrips = HistogramLayout(lowest: -18, highest: 2)

  let programs: TCPPrograms
  private var histogram: KernelHistogram

  private init(_ programs: TCPPrograms) {
    self.programs = programs
    histogram = KernelHistogram(of: programs.cpus)
  }

  package var canBeShed: Bool { true }
  package func shed() { programs.detach() }
  package func comeBack() throws(CollectorFailure) { try programs.restart() }

  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    let layout = MemoryLayout<TCPPerCPU>.self
    writer.begin(Self.connections)
    for (family, familyName) in Self.familyNames.enumerated() {
      for (result, word) in Self.results.enumerated() {
        writer.label("family", familyName)
        writer.label("result", word)
        let index = family * Self.results.count + result
        writer.unsigned(programs.cpus.sum(offset: layout.offset(of: \.connections)! + index * 8))
      }
    }
    write(Self.connects, offset: layout.offset(of: \.connects)!, Self.connectTimes, to: &writer)
    write(Self.retransmits, "kind", Self.kinds, offset: layout.offset(of: \.retransmits)!, to: &writer)
    write(Self.resets, "direction", Self.directions, offset: layout.offset(of: \.resets)!, to: &writer)
    write(Self.rtt, offset: layout.offset(of: \.rtt)!, Self.roundTrips, to: &writer)
  }

  /// A histogram of each address family.
  private func write(_ family: Family, offset: Int, _ layout: HistogramLayout, to writer: inout SampleWriter) {
    writer.begin(family)
    for (index, name) in Self.familyNames.enumerated() {
      writer.label("family", name)
      let place = offset + index * MemoryLayout<HistogramSlots>.stride
      histogram.write(programs.cpus, offset: place, layout: layout, to: &writer)
    }
  }

  private func write(
    _ family: Family, _ label: StaticString, _ names: [String], offset: Int, to writer: inout SampleWriter
  ) {
    writer.begin(family)
    for (index, name) in names.enumerated() {
      writer.label(label, name)
      writer.unsigned(programs.cpus.sum(offset: offset + index * 8))
    }
  }
}
