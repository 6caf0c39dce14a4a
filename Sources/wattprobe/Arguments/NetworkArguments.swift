import ArgumentParser
import Collectors

/// Which network devices have series of their own, and how many packets and connections are followed.
struct NetworkArguments: CollectorArguments {
  @Option(
    name: .customLong("net.devices"),
    help: ArgumentHelp("Network devices with series of their own; the rest is in device=\"other\".", valueName: "count")
  )
  var devices = NetOptions().devices

  @Option(
    name: .customLong("net.queued-packets"),
    help: ArgumentHelp("Packets waiting in queueing disciplines whose wait is measured.", valueName: "count"))
  var queuedPackets = NetOptions().queuedPackets

  @Option(
    name: .customLong("tcp.connects"),
    help: ArgumentHelp("Connections being made at once whose time is measured.", valueName: "count"))
  var connects = TCPOptions().connects

  func validate() throws {
    try Bounds.check("net.devices", devices, in: 1...10_000)
    try Bounds.check("net.queued-packets", queuedPackets, in: 1024...16_777_216)
    try Bounds.check("tcp.connects", connects, in: 1024...16_777_216)
  }

  func apply(to options: inout CollectorOptions) {
    options.net.devices = devices
    options.net.queuedPackets = queuedPackets
    options.tcp.connects = connects
  }
}
