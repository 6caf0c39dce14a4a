import Foundation
import Testing

@testable import Collectors

extension KernelTests {
  /// Packets of known number between two network namespaces, against `/proc/net/dev`: to the packet and to the byte.
  @Suite(.serialized) struct NetTests {
    @Test(arguments: NetPrograms.Form.allCases)
    func packetsAndBytesAreThoseOfProcNetDev(form: NetPrograms.Form) throws {
      try expectExactSoon { findings in
        let pair = try VethPair()
        let collectors = try netCollectors { $0.form = form }
        let deaf = try pair.load(in: pair.right, "deaf", 9)
        let there = try pair.load(in: pair.left, "send-datagrams", "10.231.0.2", 9, 20_000, 700, 0)
        let back = try pair.load(in: pair.right, "send-datagrams", "fd31::1", 9, 300, 64, 0)
        let change = try change(collectors, pair) {
          try there.run()
          try back.run()
        }
        deaf.end()
        findings.expectAgreement(change, pair.leftDevice, sent: 20_000, received: 1)
        findings.expectAgreement(change, pair.rightDevice, sent: 300, received: 20_000)
        findings.expectEveryPacketWaited(change, pair.leftDevice)
        findings.expectEveryPacketWaited(change, pair.rightDevice)
      }
    }

    /// Packets that TCP leaves to be cut up by the device are one packet for the device.
    @Test(arguments: NetPrograms.Form.allCases)
    func largePacketsCountAsTheDeviceCountsThem(form: NetPrograms.Form) throws {
      try expectExactSoon { findings in
        let pair = try VethPair()
        let collectors = try netCollectors { $0.form = form }
        let server = try pair.load(in: pair.right, "server", 80)
        let stream = try pair.load(in: pair.left, "stream", "10.231.0.2", 80, 50_000_000)
        let change = try change(collectors, pair, stream.run)
        server.end()
        findings.expectAgreement(change, pair.leftDevice, sent: 100, received: 100)
        findings.expectAgreement(change, pair.rightDevice, sent: 100, received: 100)
        let bytes = change.sum("network_bytes", ["device": pair.leftDevice, "direction": "transmit"])
        let packets = change.sum("network_packets", ["device": pair.leftDevice, "direction": "transmit"])
        findings.expect(bytes / packets > 1514, "\(bytes) bytes in \(packets) packets")
      }
    }

    /// Loopback, whose own bytes have no link-layer header; that of the machine is in the same series.
    @Test func loopbackIsThatOfAllNamespaces() throws {
      try expectExactSoon { findings in
        let pair = try VethPair()
        let collectors = try netCollectors()
        let deaf = try pair.load(in: pair.left, "deaf", 9)
        let load = try pair.load(in: pair.left, "send-datagrams", "127.0.0.1", 9, 10_000, 500, 0)
        let change = try change(collectors, pair, load.run)
        deaf.end()
        findings.expectAgreement(change, "lo", sent: 10_000, received: 10_000)
      }
    }

    /// The bridge queues the packet, then its port does: the same packet, two devices, two waits.
    @Test(arguments: NetPrograms.Form.allCases)
    func devicesOnTopOfOthersCountForThemselves(form: NetPrograms.Form) throws {
      try expectExactSoon { findings in
        let pair = try VethPair()
        let bridge = VethPair.name("r")
        try pair.run(in: pair.left, "ip", "link", "add", bridge, "type", "bridge")
        try pair.run(in: pair.left, "ip", "link", "set", pair.leftDevice, "master", bridge)
        // a discipline that keeps packets under one that does not
        try pair.run(in: pair.left, "tc", "qdisc", "add", "dev", pair.leftDevice, "root", "pfifo", "limit", "1000")
        let collectors = try netCollectors { $0.form = form }
        let change = try exchange(collectors, pair, over: bridge)
        findings.expectAgreement(change, pair.leftDevice, sent: 4_000, received: 3_000)
        // a bridge itself leaves the header out of the bytes it received
        findings.expectAgreement(change, bridge, sent: 4_000, received: 3_000, unseenHeader: 14)
        findings.expectEveryPacketWaited(change, bridge)
        findings.expectEveryPacketWaited(change, pair.leftDevice, hasQueue: true)
        let stamps = try collectors.programs(NetPrograms.self).stamps
        findings.expect(stamps == 0, "\(stamps) stamps are left")
      }
    }

    /// What macvlan sends is seen for both devices; what it receives only for the one below.
    @Test func macvlanSendsForItselfAndReceivesBelow() throws {
      try expectExactSoon { findings in
        let pair = try VethPair()
        let upper = VethPair.name("m")
        try pair.run(
          in: pair.left, "ip", "link", "add", upper, "link", pair.leftDevice, "type", "macvlan", "mode", "bridge")
        let collectors = try netCollectors()
        let change = try exchange(collectors, pair, over: upper)
        findings.expectAgreement(change, pair.leftDevice, sent: 4_000, received: 3_000)
        let sent = change.sum("network_packets", ["device": upper, "direction": "transmit"])
        findings.expectExactly("\(upper) sent", sent, change.kernel { $0[upper]?.sent ?? 0 })
        findings.expectEveryPacketWaited(change, upper)
        let received = change.sum("network_packets", ["device": upper, "direction": "receive"])
        findings.expect(received < 3_000, "\(received) are said to be received by \(upper)")
      }
    }

    /// A renamed device's old name is longer, and still behind the new one in the kernel's memory; a device of another
    /// namespace had the same name from the start. They share a series.
    @Test func devicesOfTheSameNameShareASeries() throws {
      try expectExactSoon { findings in
        let pair = try VethPair()
        let name = VethPair.name("")
        try pair.run(in: pair.left, "ip", "link", "set", pair.leftDevice, "down")
        try pair.run(in: pair.left, "ip", "link", "set", pair.leftDevice, "name", name + "-long")
        try pair.run(in: pair.left, "ip", "link", "set", name + "-long", "name", name)
        try pair.run(in: pair.right, "ip", "link", "set", pair.rightDevice, "down")
        try pair.run(in: pair.right, "ip", "link", "set", pair.rightDevice, "name", name)
        for side in [pair.left, pair.right] { try pair.run(in: side, "ip", "link", "set", name, "up") }
        let collectors = try netCollectors()
        let load = try pair.load(in: pair.left, "send-datagrams", "10.231.0.2", 9, 500, 64, 0)
        let change = try change(collectors, pair, load.run)
        findings.expectAgreement(change, name, sent: 500, received: 500)
        let series = change.to.reading.series("network_packets", ["device": name, "direction": "transmit"])
        findings.expect(series == 1, "\(series) series of \(name)")
      }
    }

    /// 4000 datagrams from `device` on the left to the right, then 3000 back.
    private func exchange(
      _ collectors: LiveCollectors, _ pair: VethPair, over device: String
    ) throws -> Change<[String: VethPair.DeviceFigures]> {
      try pair.run(in: pair.left, "ip", "addr", "add", "10.232.0.1/24", "dev", device)
      try pair.run(in: pair.left, "ip", "link", "set", device, "up")
      try pair.run(in: pair.right, "ip", "addr", "add", "10.232.0.2/24", "dev", pair.rightDevice)
      let deafs = try [pair.left, pair.right].map { try pair.load(in: $0, "deaf", 9) }
      let there = try pair.load(in: pair.left, "send-datagrams", "10.232.0.2", 9, 4_000, 200, 0)
      let back = try pair.load(in: pair.right, "send-datagrams", "10.232.0.1", 9, 3_000, 200, 0)
      defer { for deaf in deafs { deaf.end() } }
      return try change(collectors, pair) {
        try there.run()
        try back.run()
      }
    }

    private func change(
      _ collectors: LiveCollectors, _ pair: VethPair, _ body: () throws -> Void
    ) throws -> Change<[String: VethPair.DeviceFigures]> {
      let from = try collectors.read(beside: pair.devices)
      try body()
      return Change(from: from, to: try collectors.read(beside: pair.devices))
    }
  }
}

extension Findings {
  /// The agreement of one device with `/proc/net/dev`, and at least so many packets.
  ///
  /// - Parameter unseenHeader: bytes of each received packet that the device's own counter leaves out.
  fileprivate mutating func expectAgreement(
    _ change: Change<[String: VethPair.DeviceFigures]>, _ device: String, sent: UInt64, received: UInt64,
    unseenHeader: UInt64 = 0
  ) {
    func kernel(_ figure: (VethPair.DeviceFigures) -> UInt64) -> ClosedRange<UInt64> {
      change.kernel { figure($0[device] ?? VethPair.DeviceFigures()) }
    }
    let transmit = ["device": device, "direction": "transmit"]
    let receive = ["device": device, "direction": "receive"]
    expectExactly("\(device) sent", change.sum("network_packets", transmit), kernel(\.sent))
    expectExactly("\(device) sent bytes", change.sum("network_bytes", transmit), kernel(\.sentBytes))
    expectExactly("\(device) received", change.sum("network_packets", receive), kernel(\.received))
    expectExactly(
      "\(device) received bytes", change.sum("network_bytes", receive),
      kernel { $0.receivedBytes + unseenHeader * $0.received })
    expect(change.sum("network_packets", transmit) >= sent, "\(device) sent too little")
    expect(change.sum("network_packets", receive) >= received, "\(device) received too little")
  }

  /// If only for a moment, and not at all where there is no queue.
  fileprivate mutating func expectEveryPacketWaited<Figures>(
    _ change: Change<Figures>, _ device: String, hasQueue: Bool = false
  ) {
    let waited = change.histogram("network_transmit_queue_seconds", ["device": device])
    let sent = change.sum("network_packets", ["device": device, "direction": "transmit"])
    expect(waited.count == sent, "\(waited.count) waits of \(sent) packets of \(device)")
    expect((waited.sum > 0) == hasQueue, "they waited \(waited.sum) ns")
  }
}
