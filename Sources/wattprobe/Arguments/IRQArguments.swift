import ArgumentParser
import Collectors

/// Which device interrupts have series of their own.
struct IRQArguments: CollectorArguments {
  @Option(
    name: .customLong("irq.limit"),
    help: ArgumentHelp(
      "How many device interrupts have series of their own; all others are summed in irq=\"other\".",
      valueName: "count"))
  var limit = IRQOptions().limit

  func validate() throws { try Bounds.check("irq.limit", limit, in: 1...1000) }

  func apply(to options: inout CollectorOptions) { options.interrupts.limit = limit }
}
