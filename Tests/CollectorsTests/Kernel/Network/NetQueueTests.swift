import Foundation
import Host
import Testing

@testable import Collectors

extension KernelTests {
  /// Packets that wait in queueing disciplines, are dropped there or elsewhere, and devices that come and go.
  @Suite(.serialized) struct NetQueueTests {
    @Test(arguments: NetPrograms.Form.allCases)
    func packetsWaitInTheQueueOrAreDroppedThere(form: NetPrograms.Form) throws {
      try expectExactSoon { findings in
        let pair = try VethPair()
        let collectors = try netCollectors { $0.form = form }
        let before = try send(300, pair, collectors)
        try addBucket(pair, "rate", "8mbit", "burst", "4000", "limit", "30000")
        let after = try send(300, pair, collectors)
        let text = try pair.run(in: pair.left, "tc", "-s", "qdisc", "show", "dev", pair.leftDevice)
        let dropped = text.firstMatch(of: /dropped (\d+)/).flatMap { UInt64($0.1) } ?? 0

        let fast = before.histogram("network_transmit_queue_seconds", ["device": pair.leftDevice])
        let slow = after.histogram("network_transmit_queue_seconds", ["device": pair.leftDevice])
        findings.expect("fast packets", fast.count, atLeast: 300)
        findings.expect("slow packets", slow.count, atLeast: 20)
        // all that were sent, none that was dropped
        let sent = after.sum("network_packets", ["device": pair.leftDevice, "direction": "transmit"])
        findings.expect("slow packets", slow.count, is: sent)
        findings.expect(
          "mean wait in ns", slow.sum / max(1, slow.count), atLeast: 10 * fast.sum / max(1, fast.count))
        findings.expect("dropped", dropped, atLeast: 100)
        // QDISC_DROP, or since 6.17 OVERLIMIT, or since 7.1 GENERIC
        let drops = ["DROP", "OVERLIMIT", "GENERIC"].reduce(0) {
          $0 + after.sum("network_drops", ["reason": "QDISC_\($1)"])
        }
        findings.expect("drops by reason", drops, atLeast: dropped)
        try findings.expectNoStamp(collectors)
      }
    }

    @Test(arguments: NetPrograms.Form.allCases)
    func nothingIsLeftOfAQueueThatIsTakenAway(form: NetPrograms.Form) throws {
      try expectExactSoon { findings in
        let pair = try VethPair()
        let collectors = try netCollectors { $0.form = form }
        try addBucket(pair, "rate", "8kbit", "burst", "2000", "limit", "60000")
        let load = try pair.load(in: pair.left, "send-datagrams", "10.231.0.2", 9, 40, 1_000, 0)
        // known beforehand, so that none of them waits for the answer
        try pair.run(
          in: pair.left, "ip", "neigh", "replace", "10.231.0.2", "lladdr", "02:00:00:00:00:02", "dev", pair.leftDevice)
        try load.run()
        let waiting = try collectors.programs(NetPrograms.self).stamps
        findings.expect("stamps", UInt64(waiting), atLeast: 30)
        try pair.run(in: pair.left, "tc", "qdisc", "del", "dev", pair.leftDevice, "root")
        pause(seconds: 0.1)
        try findings.expectNoStamp(collectors)
      }
    }

    /// The discipline cuts large packets up. The pieces were never queued, and they have the addresses of packets cut up
    /// before: what those left behind is not theirs.
    @Test(arguments: NetPrograms.Form.allCases)
    func piecesOfLargePacketsAreNotMistakenForQueuedOnes(form: NetPrograms.Form) throws {
      try expectExactSoon { findings in
        let pair = try VethPair()
        let collectors = try netCollectors { $0.form = form }
        try addBucket(pair, "rate", "1gbit", "burst", "10000", "limit", "1000000")
        let deaf = try pair.load(in: pair.right, "deaf", 9)
        let load = try pair.load(in: pair.left, "send-datagrams", "10.231.0.2", 9, 1_000, 20_000, 200, 1_000)
        let from = try collectors.read(beside: pair.devices)
        try load.run()
        let change = Change(from: from, to: try collectors.read(beside: pair.devices))
        deaf.end()

        let labels = ["device": pair.leftDevice, "direction": "transmit"]
        let sent = change.sum("network_packets", labels)
        findings.expect("sent", sent, atLeast: 10_000)
        findings.expectExactly("sent", sent, change.kernel { $0[pair.leftDevice]?.sent ?? 0 })
        let bytes = change.sum("network_bytes", labels)
        findings.expectExactly("bytes", bytes, change.kernel { $0[pair.leftDevice]?.sentBytes ?? 0 })
        // what else was sent: to find the neighbour
        let waited = change.histogram("network_transmit_queue_seconds", ["device": pair.leftDevice])
        findings.expect("waits", waited.count, atMost: 20)
        // what the large packets left behind is swept away after a minute
        collectors.sample(now: MonotonicClock.now + 61_000_000_000)
        try findings.expectNoStamp(collectors)
      }
    }

    @Test func dropsAreCountedByTheKernelsNameOfTheReason() throws {
      try expectExactSoon { findings in
        let pair = try VethPair()
        let collectors = try netCollectors()
        let deaf = try pair.load(in: pair.right, "deaf", 9)
        let full = try pair.load(in: pair.left, "send-datagrams", "10.231.0.2", 9, 5_000, 1_000, 0)
        let closed = try pair.load(in: pair.left, "send-datagrams", "10.231.0.2", 10, 700, 64, 0)
        let from = try collectors.read(beside: pair.statistics)
        try full.run()
        try closed.run()
        let change = Change(from: from, to: try collectors.read(beside: pair.statistics))
        deaf.end()
        let figures: [(String, String, UInt64)] = [
          ("SOCKET_RCVBUFF", "Udp.RcvbufErrors", 1_000), ("NO_SOCKET", "Udp.NoPorts", 700),
        ]
        for (reason, figure, least) in figures {
          let drops = change.sum("network_drops", ["reason": reason])
          findings.expect(reason, drops, atLeast: least)
          findings.expectExactly(reason, drops, change.kernel { $0[figure] ?? 0 })
        }
      }
    }

    @Test func devicesThatAreGoneLoseTheirSeriesAndGoOnWhenTheyComeBack() throws {
      let pair = try VethPair()
      let collectors = try netCollectors { $0.graceNanoseconds = 300_000_000 }
      let labels = ["device": pair.leftDevice, "direction": "transmit"]
      try pair.load(in: pair.left, "send-datagrams", "10.231.0.2", 9, 100, 64, 0).run()
      let shown = try collectors.read()
      #expect(shown.sum("network_packets", labels) > 50)

      try pair.run(in: pair.left, "ip", "link", "del", pair.leftDevice)
      pause(seconds: 0.2)
      let last = try collectors.read()
      pause(seconds: 0.5)
      let gone = try collectors.read()
      #expect(gone.series("network_packets", ["device": pair.leftDevice]) == 0)
      #expect(gone.series("network_transmit_queue_seconds", ["device": pair.leftDevice]) == 0)

      try pair.connect()
      try pair.load(in: pair.left, "send-datagrams", "10.231.0.2", 9, 100, 64, 0).run()
      let back = try collectors.read()
      #expect(back.sum("network_packets", labels) > last.sum("network_packets", labels) + 50)
    }

    /// Whoever comes first has the place; nothing is lost of the others.
    @Test func devicesWithoutRoomAreCountedTogether() throws {
      try expectExactSoon { findings in
        let pair = try VethPair()
        let collectors = try netCollectors { $0.devices = 1 }
        let load = try pair.load(in: pair.left, "send-datagrams", "10.231.0.2", 9, 3_000, 64, 0)
        let from = try collectors.read(beside: pair.devices)
        try load.run()
        let change = Change(from: from, to: try collectors.read(beside: pair.devices))
        let transmit = ["direction": "transmit"]
        findings.expectExactly(
          "all devices", change.sum("network_packets", transmit),
          change.kernel { $0.values.reduce(0) { $0 + $1.sent } })
        findings.expect("series", UInt64(change.to.reading.series("network_packets", transmit)), is: 2)
        let others = change.sum("network_packets", ["device": "other", "direction": "receive"])
        findings.expect("received by others", others, atLeast: 1)
      }
    }

    /// As network cards have it: a discipline for each of several queues, and one at the root that keeps nothing itself.
    @Test(arguments: NetPrograms.Form.allCases)
    func packetsWaitInEachOfSeveralQueues(form: NetPrograms.Form) throws {
      try expectExactSoon { findings in
        let pair = try VethPair(queues: 2)
        let collectors = try netCollectors { $0.form = form }
        try pair.run(in: pair.left, "tc", "qdisc", "add", "dev", pair.leftDevice, "root", "handle", "1:", "mq")
        for queue in 1...2 {
          try pair.run(
            in: pair.left, "tc", "qdisc", "add", "dev", pair.leftDevice, "parent", "1:\(queue)", "tbf", "rate", "8mbit",
            "burst", "4000", "limit", "300000")
        }
        let change = try send(100, pair, collectors)
        let waits = change.histogram("network_transmit_queue_seconds", ["device": pair.leftDevice])
        let sent = change.sum("network_packets", ["device": pair.leftDevice, "direction": "transmit"])
        findings.expect("packets", sent, atLeast: 100)
        findings.expect("waits", waits.count, is: sent)
        // 8 Mbit/s are 1 ms a packet
        findings.expect("mean wait in ns", waits.sum / max(1, waits.count), atLeast: 10_000_000)
        try findings.expectNoStamp(collectors)
      }
    }

    /// A token bucket before the left device.
    private func addBucket(_ pair: VethPair, _ words: String...) throws {
      try pair.run(
        in: pair.left, words: ["tc", "qdisc", "add", "dev", pair.leftDevice, "root", "tbf"] + words)
    }

    /// Datagrams from left to right, and the time for them to leave.
    private func send(_ count: Int, _ pair: VethPair, _ collectors: LiveCollectors) throws -> Change<Void> {
      let load = try pair.load(in: pair.left, "send-datagrams", "10.231.0.2", 9, count, 1_000, 0)
      let from = try collectors.read(beside: {})
      try load.run()
      pause(seconds: 0.2)
      return Change(from: from, to: try collectors.read(beside: {}))
    }
  }
}

extension Findings {
  fileprivate mutating func expectNoStamp(_ collectors: LiveCollectors) throws {
    expect("stamps left", UInt64(try collectors.programs(NetPrograms.self).stamps), is: 0)
  }
}
