import ArgumentParser
import Collectors

/// Which network devices have series of their own, and how many packets and connections are followed.
struct NetworkArguments: CollectorArguments {
  @Option(
    name: .customLong("net.devices"),
    help: ArgumentHelp(
      "How many network devices have series of their own; all others are summed in device=\"other\".",
      valueName: "count")
  )
  var devices = NetOptions().devices

  @Option(
    name: .customLong("net.queued-packets"),
    help: ArgumentHelp("Packets in queueing disciplines that can be timed at once.", valueName: "count"))
  var queuedPackets = NetOptions().queuedPackets

  @Option(
    name: .customLong("tcp.connects"),
    help: ArgumentHelp("Connection attempts that can be timed at once.", valueName: "count"))
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
