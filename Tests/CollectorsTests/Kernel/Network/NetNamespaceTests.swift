import Foundation
import Testing

@testable import Collectors

extension KernelTests {
  /// Devices of the host beside those of the same name in other network namespaces.
  @Suite(.serialized) struct NetNamespaceTests {
    typealias Figures = [String: VethPair.DeviceFigures]

    /// One end of a cable is the host's, the other a container's, and they have one name, as `lo` has everywhere.
    @Test func devicesOfTheHostAreThoseOfItsProcNetDev() throws {
      try expectExactSoon { findings in
        let pair = try VethPair()
        let name = VethPair.name("h")
        try pair.run(
          in: pair.right, "nsenter", "-t", "\(getpid())", "-n", "ip", "link", "add", name, "type", "veth", "peer",
          "name",
          name, "netns", "\(pair.right.pid)")
        try pair.run(in: pair.right, "ip", "addr", "add", "10.231.7.2/30", "dev", name)
        for device in [name, "lo"] { try pair.run(in: pair.right, "ip", "link", "set", device, "up") }
        try pair.run(
          in: pair.right, "nsenter", "-t", "\(getpid())", "-n", "sh", "-c",
          "ip addr add 10.231.7.1/30 dev \(name) && ip link set \(name) up")
        let collectors = try LiveCollectors(["net"])
        let deaf = try pair.load(in: pair.right, "deaf", 9)
        let cable = try Load("send-datagrams", "10.231.7.2", 9, 3_000, 200, 0)
        let loopback = try pair.load(in: pair.right, "send-datagrams", "127.0.0.1", 9, 5_000, 200, 0)

        let from = try collectors.read(beside: VethPair.devicesOfHost)
        try cable.run()
        try loopback.run()
        let change = Change(from: from, to: try collectors.read(beside: VethPair.devicesOfHost))
        deaf.end()

        for device in [name, "lo"] { findings.expectAgreement(change, device) }
        findings.expect("sent", change.packets(name, "transmit"), atLeast: 3_000)
        findings.expect("of others, sent", change.packets("other", "transmit"), atLeast: 5_000)
        findings.expect("of others, received", change.packets("other", "receive"), atLeast: 8_000)
      }
    }
  }
}

extension Change {
  fileprivate func packets(_ device: String, _ direction: String) -> UInt64 {
    sum("network_packets", ["device": device, "direction": direction])
  }
}

extension Findings {
  fileprivate mutating func expectAgreement(
    _ change: Change<KernelTests.NetNamespaceTests.Figures>, _ device: String
  ) {
    func kernel(_ figure: (VethPair.DeviceFigures) -> UInt64) -> ClosedRange<UInt64> {
      change.kernel { figure($0[device] ?? VethPair.DeviceFigures()) }
    }
    func bytes(_ direction: String) -> UInt64 {
      change.sum("network_bytes", ["device": device, "direction": direction])
    }
    expectExactly("\(device) sent", change.packets(device, "transmit"), kernel(\.sent))
    expectExactly("\(device) sent bytes", bytes("transmit"), kernel(\.sentBytes))
    expectExactly("\(device) received", change.packets(device, "receive"), kernel(\.received))
    expectExactly("\(device) received bytes", bytes("receive"), kernel(\.receivedBytes))
  }
}
