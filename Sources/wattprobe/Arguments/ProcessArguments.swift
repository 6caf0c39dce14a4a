import ArgumentParser
import Collectors

/// Which processes have series of their own, and what is counted for them.
struct ProcessArguments: CollectorArguments {
  @Option(
    name: .customLong("process.limit"),
    help: ArgumentHelp(
      "How many processes have series of their own; all others are summed in pid=\"other\".", valueName: "count"))
  var limit = ProcessOptions().limit

  @Option(
    name: .customLong("process.grace"),
    help: ArgumentHelp(
      "How long the series of a process stay after it ended; give more than the scrape interval. (default: 60s)",
      valueName: "time"),
    transform: DurationArgument.parse)
  var grace = DurationArgument(nanoseconds: ProcessOptions().graceNanoseconds)

  @Flag(
    name: .customLong("process.detail"),
    help: "Also count the system calls, block I/Os and page cache use of each process.")
  var hasDetail = false

  func validate() throws { try Bounds.check("process.limit", limit, in: 1...10_000) }

  func apply(to options: inout CollectorOptions) {
    options.process.limit = limit
    options.process.graceNanoseconds = grace.nanoseconds
    options.process.hasDetail = hasDetail
  }
}
