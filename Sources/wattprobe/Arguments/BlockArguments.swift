import ArgumentParser
import Collectors

/// Which disks have series of their own, and how many requests are followed.
struct BlockArguments: CollectorArguments {
  @Option(
    name: .customLong("block.devices"),
    help: ArgumentHelp(
      "How many disks have series of their own; all others are summed in device=\"other\".", valueName: "count"))
  var devices = BlockOptions().devices

  @Option(
    name: .customLong("block.requests"),
    help: ArgumentHelp(
      "Requests that can be timed at once, over all disks of whose requests the kernel keeps no times.",
      valueName: "count"))
  var requests = BlockOptions().requests

  func validate() throws {
    try Bounds.check("block.devices", devices, in: 1...1024)
    try Bounds.check("block.requests", requests, in: 256...1_048_576)
  }

  func apply(to options: inout CollectorOptions) {
    options.block.devices = devices
    options.block.requests = requests
  }
}
