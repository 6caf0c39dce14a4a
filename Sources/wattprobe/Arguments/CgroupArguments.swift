import ArgumentParser
import Collectors

/// Which control groups have series of their own, and what is counted for them.
struct CgroupArguments: CollectorArguments {
  @Option(
    name: .customLong("cgroup.limit"),
    help: ArgumentHelp(
      "How many control groups have series of their own; all others are summed in cgroup=\"other\".",
      valueName: "count"))
  var limit = CgroupOptions().limit

  @Option(
    name: .customLong("cgroup.grace"),
    help: ArgumentHelp(
      "How long the series of a control group stay after its last process ended. (default: 60s)", valueName: "time"),
    transform: DurationArgument.parse)
  var grace = DurationArgument(nanoseconds: CgroupOptions().graceNanoseconds)

  @Flag(
    name: .customLong("cgroup.runqueue"), help: "Also keep a histogram of the waits for a CPU of each control group.")
  var measuresRunqueue = false

  func validate() throws { try Bounds.check("cgroup.limit", limit, in: 1...10_000) }

  func apply(to options: inout CollectorOptions) {
    options.cgroup.limit = limit
    options.cgroup.graceNanoseconds = grace.nanoseconds
    options.cgroup.measuresRunqueue = measuresRunqueue
  }
}
