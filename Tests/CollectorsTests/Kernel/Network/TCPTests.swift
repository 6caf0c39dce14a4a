import Foundation
import Testing

@testable import Collectors

extension KernelTests {
  /// Connections of known number and fate, against `/proc/net/snmp` of the machine and both namespaces. The machine's own
  /// connections may be among them: of one family, or of what has no figure there, at least what the load did is expected.
  @Suite(.serialized) struct TCPTests {
    /// Each kind of address: the family that shows it, and the address of the server from the left.
    static let addresses = [
      ("ipv4", "10.231.0.2"), ("ipv6", "fd31::2"), ("ipv4", "::ffff:10.231.0.2"), ("ipv4", "127.0.0.1"),
      ("ipv6", "::1"),
    ]

    @Test(arguments: addresses)
    func connectionsMadeAreTimedAndAccepted(family: String, address: String) throws {
      try expectExactSoon { findings in
        let pair = try VethPair()
        let collectors = try LiveCollectors(["tcp"])
        let servers = try [pair.left, pair.right].map { try pair.load(in: $0, "server", 80) }
        let load = try pair.load(in: pair.left, "connects", address, 80, 500, "closes")
        let change = try change(collectors, pair, load.run)
        for server in servers { server.end() }

        let made = change.connections(family, "established")
        findings.expect("made", made, atLeast: 500)
        findings.expect("accepted", change.connections(family, "accepted"), atLeast: 500)
        findings.expectTotal("established", "Tcp.ActiveOpens", change)
        findings.expectTotal("accepted", "Tcp.PassiveOpens", change)
        let times = change.histogram("tcp_connect_duration_seconds", ["family": family])
        findings.expect("connect times", times.count, is: made)
        findings.expect("their sum", times.sum, atLeast: 1)
        // both ends are closed, each with a sample
        let roundTrips = change.histogram("tcp_rtt_seconds", ["family": family])
        findings.expect("round-trip times", roundTrips.count, atLeast: 1_000)
        findings.expect("their sum", roundTrips.sum, atLeast: 1)
        // nothing in the other family but what the machine did itself
        let other = family == "ipv4" ? "ipv6" : "ipv4"
        findings.expect("made of \(other)", change.connections(other, "established"), atMost: 50)
      }
    }

    @Test(arguments: [("ipv4", "10.231.0.2"), ("ipv6", "fd31::2")])
    func refusedConnectsFailAndAreReset(family: String, address: String) throws {
      try expectExactSoon { findings in
        let pair = try VethPair()
        let collectors = try LiveCollectors(["tcp"])
        let load = try pair.load(in: pair.left, "connects", address, 81, 300, "fails")
        let change = try change(collectors, pair, load.run)
        findings.expect("failed", change.connections(family, "failed"), atLeast: 300)
        findings.expectTotal("failed", "Tcp.AttemptFails", change)
        findings.expectExactly("resets sent", change.resets("sent"), change.kernel { $0["Tcp.OutRsts"] ?? 0 })
        findings.expect("resets received", change.resets("received"), atLeast: 300)
        // no connection: neither a time nor a round trip
        for histogram in ["tcp_connect_duration_seconds", "tcp_rtt_seconds"] {
          findings.expect(histogram, change.histogram(histogram, ["family": family]).count, atMost: 50)
        }
        try findings.expectNoStamp(collectors)
      }
    }

    /// Nobody answers: given up while the SYN is out, and timed out by the kernel after one more SYN.
    @Test func connectsWithoutAnswerFail() throws {
      try expectExactSoon { findings in
        let pair = try VethPair()
        try losePackets(pair, from: pair.left, to: "10.231.0.9")
        try pair.run(in: pair.left, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/tcp_syn_retries")
        let collectors = try LiveCollectors(["tcp"])
        let programs = try collectors.programs(TCPPrograms.self)
        let givenUp = try pair.load(in: pair.left, "connects", "10.231.0.9", 80, 200, "gives-up")
        let timedOut = try pair.load(in: pair.left, "connects", "10.231.0.9", 80, 1, "fails")
        let change = try change(collectors, pair) {
          try givenUp.run()
          timedOut.begin()
          pause(seconds: 0.1)
          findings.expect("stamps meanwhile", UInt64(programs.stamps), atLeast: 1)
          try timedOut.waitUntilDone()
        }
        findings.expect("failed", change.connections("ipv4", "failed"), atLeast: 201)
        findings.expect("SYNs again", change.sum("tcp_retransmits", ["kind": "syn"]), atLeast: 1)
        findings.expectRetransmits(change)
        try findings.expectNoStamp(collectors)
      }
    }

    /// The route is gone before the SYN is sent again: an attempt, and nothing sent.
    @Test func attemptsThatFailAreNoSegmentsSentAgain() throws {
      try expectExactSoon { findings in
        let pair = try VethPair()
        try losePackets(pair, from: pair.left, to: "10.231.0.9")
        try pair.run(in: pair.left, "sh", "-c", "echo 2 >/proc/sys/net/ipv4/tcp_syn_retries")
        let collectors = try LiveCollectors(["tcp"])
        let load = try pair.load(in: pair.left, "connects", "10.231.0.9", 80, 1, "fails")
        let change = try change(collectors, pair) {
          load.begin()
          pause(seconds: 0.3)
          try pair.run(in: pair.left, "ip", "route", "add", "unreachable", "10.231.0.9")
          try load.waitUntilDone()
        }
        findings.expect("failed", change.connections("ipv4", "failed"), atLeast: 1)
        findings.expectRetransmits(change)
      }
    }

    @Test func connectionsAbortedAreResetOnBothSides() throws {
      try expectExactSoon { findings in
        let pair = try VethPair()
        let collectors = try LiveCollectors(["tcp"])
        let server = try pair.load(in: pair.right, "server", 80)
        let load = try pair.load(in: pair.left, "connects", "10.231.0.2", 80, 400, "aborts")
        let change = try change(collectors, pair, load.run)
        server.end()
        findings.expect("resets sent", change.resets("sent"), atLeast: 400)
        findings.expectExactly("resets sent", change.resets("sent"), change.kernel { $0["Tcp.OutRsts"] ?? 0 })
        findings.expect("resets received", change.resets("received"), atLeast: 400)
        // each reset ends an established connection on both sides
        findings.expectExactly("resets", change.sum("tcp_resets"), change.kernel { $0["Tcp.EstabResets"] ?? 0 })
      }
    }

    /// The answers to SYNs are lost, then all data for a while: little enough that its tail is probed for first.
    @Test func segmentsSentAgainAreThoseOfSnmp() throws {
      try expectExactSoon { findings in
        let pair = try VethPair()
        let collectors = try LiveCollectors(["tcp"])
        let server = try pair.load(in: pair.right, "server", 80)
        let stream = try pair.load(in: pair.left, "stream", "10.231.0.2", 80, 5_000)
        let unanswered = try pair.load(in: pair.left, "connects", "10.231.0.2", 80, 20, "gives-up")
        let change = try change(collectors, pair) {
          try losePackets(pair, from: pair.right, to: "10.231.0.1")
          try unanswered.run()
          pause(seconds: 1.3)
          try findAgain(pair, from: pair.right, to: "10.231.0.1")
          try losePackets(pair, from: pair.left, to: "10.231.0.2")
          stream.begin()
          pause(seconds: 1)
          try findAgain(pair, from: pair.left, to: "10.231.0.2")
          try stream.waitUntilDone()
        }
        server.end()
        for (kind, least) in [("synack", 20), ("probe", 1), ("timeout", 1)] as [(String, UInt64)] {
          findings.expect(kind, change.sum("tcp_retransmits", ["kind": kind]), atLeast: least)
        }
        findings.expectRetransmits(change)
      }
    }

    /// A queue too short for the sender drops some of what it sends: fast recovery finds that out.
    @Test func fastRecoveryIsAKindOfItsOwn() throws {
      try expectExactSoon { findings in
        let pair = try VethPair()
        try pair.run(
          in: pair.left, "tc", "qdisc", "add", "dev", pair.leftDevice, "root", "tbf", "rate", "100mbit", "burst",
          "20000", "limit", "40000")
        let collectors = try LiveCollectors(["tcp"])
        let server = try pair.load(in: pair.right, "server", 80)
        let stream = try pair.load(in: pair.left, "stream", "10.231.0.2", 80, 3_000_000)
        let change = try change(collectors, pair, stream.run)
        server.end()
        findings.expect("fast", change.sum("tcp_retransmits", ["kind": "fast"]), atLeast: 1)
        findings.expectRetransmits(change)
      }
    }

    @Test func tenThousandConnectionsLeaveNothingBehind() throws {
      try expectExactSoon { findings in
        let pair = try VethPair()
        let collectors = try LiveCollectors(["tcp"])
        let server = try pair.load(in: pair.left, "server", 80)
        let load = try pair.load(in: pair.left, "connects", "127.0.0.1", 80, 10_000, "closes")
        let change = try change(collectors, pair, load.run)
        server.end()
        let made = change.connections("ipv4", "established")
        findings.expect("made", made, atLeast: 10_000)
        let times = change.histogram("tcp_connect_duration_seconds", ["family": "ipv4"])
        findings.expect("connect times", times.count, is: made)
        try findings.expectNoStamp(collectors)
      }
    }

    private func change(
      _ collectors: LiveCollectors, _ pair: VethPair, _ body: () throws -> Void
    ) throws -> Change<[String: UInt64]> {
      let from = try collectors.read(beside: pair.statistics)
      try body()
      return Change(from: from, to: try collectors.read(beside: pair.statistics))
    }

    /// Sends what goes to `address` to a link-layer address that nobody has.
    private func losePackets(_ pair: VethPair, from side: Load, to address: String) throws {
      let device = side === pair.left ? pair.leftDevice : pair.rightDevice
      try pair.run(in: side, "ip", "neigh", "replace", address, "lladdr", "02:00:00:00:00:09", "dev", device)
    }

    private func findAgain(_ pair: VethPair, from side: Load, to address: String) throws {
      let device = side === pair.left ? pair.leftDevice : pair.rightDevice
      try pair.run(in: side, "ip", "neigh", "del", address, "dev", device)
    }
  }
}

extension Change {
  fileprivate func connections(_ family: String, _ result: String) -> UInt64 {
    sum("tcp_connections", ["family": family, "result": result])
  }

  fileprivate func resets(_ direction: String) -> UInt64 { sum("tcp_resets", ["direction": direction]) }
}

extension Findings {
  /// Connections of both families with this result, against the kernel's figure.
  fileprivate mutating func expectTotal(_ result: String, _ figure: String, _ change: Change<[String: UInt64]>) {
    let total = change.sum("tcp_connections", ["result": result])
    expectExactly(result, total, change.kernel { $0[figure] ?? 0 })
  }

  /// Segments of all kinds, against the kernel's figure.
  fileprivate mutating func expectRetransmits(_ change: Change<[String: UInt64]>) {
    expectExactly("retransmits", change.sum("tcp_retransmits"), change.kernel { $0["Tcp.RetransSegs"] ?? 0 })
  }

  fileprivate mutating func expectNoStamp(_ collectors: LiveCollectors) throws {
    expect("stamps left", UInt64(try collectors.programs(TCPPrograms.self).stamps), is: 0)
  }
}
