import ArgumentParser
import BPF
import Collecting
import Collectors
import Host
import Logging

/// What the commands that start collectors have in common.
struct CollectingArguments: ParsableArguments {
  @Flag(name: .customLong("collector.disable-defaults"), help: "Switch all collectors off but those asked for.")
  var disableDefaults = false

  @Option(name: .customLong("path.procfs"), help: ArgumentHelp("Where procfs is mounted.", valueName: "path"))
  var procfs = HostPaths().procfs

  @Option(name: .customLong("path.sysfs"), help: ArgumentHelp("Where sysfs is mounted.", valueName: "path"))
  var sysfs = HostPaths().sysfs

  @Option(name: .customLong("path.rootfs"), help: ArgumentHelp("Where the host's root is mounted.", valueName: "path"))
  var rootfs = HostPaths().rootfs

  @Option(
    name: .customLong("process.limit"),
    help: ArgumentHelp("Processes with series of their own; the rest is in pid=\"other\".", valueName: "count"))
  var processLimit = ProcessOptions().limit

  @Option(
    name: .customLong("process.grace"),
    help: ArgumentHelp(
      "How long a process keeps its series after it ended: longer than the scrape interval. (default: 60s)",
      valueName: "time"),
    transform: DurationArgument.parse)
  var processGrace = DurationArgument(nanoseconds: ProcessOptions().graceNanoseconds)

  @Flag(
    name: .customLong("process.detail"),
    help: "Count system calls, block I/Os and pages of the page cache by process, too.")
  var processDetail = false

  @Option(
    name: .customLong("cgroup.limit"),
    help: ArgumentHelp(
      "Control groups with series of their own; the rest is in cgroup=\"other\".", valueName: "count"))
  var cgroupLimit = CgroupOptions().limit

  @Option(
    name: .customLong("cgroup.grace"),
    help: ArgumentHelp(
      "How long a control group keeps its series after its last process ended. (default: 60s)", valueName: "time"),
    transform: DurationArgument.parse)
  var cgroupGrace = DurationArgument(nanoseconds: CgroupOptions().graceNanoseconds)

  @Flag(name: .customLong("cgroup.runqueue"), help: "Keep a histogram of waits for a CPU for each control group, too.")
  var cgroupRunqueue = false

  @Option(
    name: .customLong("sched.tasks"),
    help: ArgumentHelp("Tasks whose waits are kept, on kernels without task storage.", valueName: "count"))
  var taskCapacity = CollectorOptions().taskCapacity

  @OptionGroup var energy: EnergyArguments

  /// The options, with the collectors that `choice` leaves on.
  func options(_ choice: CollectorChoice) throws -> CollectorOptions {
    var options = CollectorOptions()
    options.paths = HostPaths(procfs: procfs, sysfs: sysfs, rootfs: rootfs)
    options.enabled = choice.enabled(disableDefaults: disableDefaults)
    options.process.limit = processLimit
    options.process.graceNanoseconds = processGrace.nanoseconds
    options.process.hasDetail = processDetail
    options.cgroup.limit = cgroupLimit
    options.cgroup.graceNanoseconds = cgroupGrace.nanoseconds
    options.cgroup.measuresRunqueue = cgroupRunqueue
    options.taskCapacity = taskCapacity
    for (option, path) in [("procfs", procfs), ("sysfs", sysfs), ("rootfs", rootfs)] {
      do throws(SystemError) {
        _ = try Directory.count(path)
      } catch {
        throw StartError("--path.\(option): \(error)", cure: "give the folder where the host's \(option) is mounted")
      }
    }
    options.energy = try energy.options(options.paths)
    if options.enabled.isEmpty {
      throw StartError("all collectors are switched off", cure: "give --collector.<name> for one at least")
    }
    return options
  }

  func validate() throws {
    guard (1...10_000).contains(processLimit) else {
      throw ValidationError("--process.limit \(processLimit): give a number from 1 to 10000")
    }
    guard (1...10_000).contains(cgroupLimit) else {
      throw ValidationError("--cgroup.limit \(cgroupLimit): give a number from 1 to 10000")
    }
    guard (1024...16_777_216).contains(taskCapacity) else {
      throw ValidationError("--sched.tasks \(taskCapacity): give a number from 1024 to 16777216")
    }
  }
}

extension CollectorSet {
  /// Starts the collectors of the registry; what cannot start is logged.
  static func starting(
    _ options: CollectorOptions, statistics: StatisticsSwitch?, logger: Logger
  ) -> CollectorSet {
    CollectorSet(
      Registry.collectors, enabled: options.enabled,
      context: { CollectorContext(options: options, logger: logger) },
      program: {
        ProgramCollector(
          $0, build: BuildInformation(version: Version.number, revision: Version.revision), statistics: statistics)
      },
      now: { MonotonicClock.now },
      report: { log($0, logger) })
  }

  private static func log(_ event: Event, _ logger: Logger) {
    switch event {
    case .started(let collector):
      logger.debug("collector started", metadata: ["collector": "\(collector)"])
    case .unavailable(let collector, let failure):
      // a missing sensor is nothing to worry about
      logger.log(
        level: failure.reason == .absent ? .info : .error, "collector is not available",
        metadata: ["collector": "\(collector)", "cause": "\(failure.message)", "cure": "\(failure.cure)"])
    case .failed(let collector, let failure):
      logger.error(
        "collector failed",
        metadata: ["collector": "\(collector)", "cause": "\(failure.message)", "cure": "\(failure.cure)"])
    case .recovered(let collector):
      logger.notice("collector works again", metadata: ["collector": "\(collector)"])
    }
  }
}
