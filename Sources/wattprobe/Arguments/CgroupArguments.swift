import ArgumentParser
import Collectors

/// Which control groups have series of their own, and what is counted for them.
struct CgroupArguments: CollectorArguments {
  @Option(
    name: .customLong("cgroup.limit"),
    help: ArgumentHelp(
      "Control groups with series of their own; the rest is in cgroup=\"other\".", valueName: "count"))
  var limit = CgroupOptions().limit

  @Option(
    name: .customLong("cgroup.grace"),
    help: ArgumentHelp(
      "How long a control group keeps its series after its last process ended. (default: 60s)", valueName: "time"),
    transform: DurationArgument.parse)
  var grace = DurationArgument(nanoseconds: CgroupOptions().graceNanoseconds)

  @Flag(name: .customLong("cgroup.runqueue"), help: "Keep a histogram of waits for a CPU for each control group, too.")
  var measuresRunqueue = false

  func validate() throws { try Bounds.check("cgroup.limit", limit, in: 1...10_000) }

  func apply(to options: inout CollectorOptions) {
    options.cgroup.limit = limit
    options.cgroup.graceNanoseconds = grace.nanoseconds
    options.cgroup.measuresRunqueue = measuresRunqueue
  }
}
