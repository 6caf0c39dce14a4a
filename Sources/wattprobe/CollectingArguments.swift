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
    name: .customLong("energy.idle-watts"),
    help: ArgumentHelp(
      "Power each package draws without any work, its memory's included, instead of learning it.", valueName: "watts"),
    transform: PowerArgument.parse)
  var idlePower: PowerArgument?

  @Option(
    name: .customLong("sched.tasks"),
    help: ArgumentHelp(
      "Tasks whose waits and system calls are kept, on kernels without task storage.", valueName: "count"))
  var taskCapacity = CollectorOptions().taskCapacity

  @Option(
    name: .customLong("irq.limit"),
    help: ArgumentHelp("Device interrupts with series of their own; the rest is in irq=\"other\".", valueName: "count"))
  var interruptLimit = CollectorOptions().interruptLimit

  @OptionGroup var kmem: KmemArguments

  @OptionGroup var loadTracking: LoadTrackingArguments

  @Option(
    name: .customLong("syscalls.histograms"),
    help: ArgumentHelp(
      "Whether a histogram of durations is of a category of calls, or of each call.", valueName: "what"))
  var syscallHistograms = SyscallHistograms.category

  /// What a histogram of durations is of.
  enum SyscallHistograms: String, ExpressibleByArgument, CaseIterable {
    case category, syscall
  }

  @Option(
    name: .customLong("block.devices"),
    help: ArgumentHelp("Disks with series of their own; the rest is in device=\"other\".", valueName: "count"))
  var blockDevices = BlockOptions().devices

  @Option(
    name: .customLong("block.requests"),
    help: ArgumentHelp("Requests that are followed at once, over all disks.", valueName: "count"))
  var blockRequests = BlockOptions().requests

  @Option(
    name: .customLong("net.devices"),
    help: ArgumentHelp("Network devices with series of their own; the rest is in device=\"other\".", valueName: "count")
  )
  var networkDevices = NetOptions().devices

  @Option(
    name: .customLong("net.queued-packets"),
    help: ArgumentHelp("Packets waiting in queueing disciplines whose wait is measured.", valueName: "count"))
  var queuedPackets = NetOptions().queuedPackets

  @Option(
    name: .customLong("tcp.connects"),
    help: ArgumentHelp("Connections being made at once whose time is measured.", valueName: "count"))
  var connects = TCPOptions().connects

  @OptionGroup var energy: EnergyArguments

  @Option(
    name: .customLong("compat"), parsing: .unconditional,
    help: ArgumentHelp(
      "Serve energy by the names of these exporters, too, for their dashboards: kepler, scaphandre, node (node_exporter).",
      valueName: "exporter,..."),
    transform: CompatArgument.parse)
  var compat: CompatArgument?

  /// The options, with the collectors that `choice` leaves on.
  func options(_ choice: CollectorChoice) throws -> CollectorOptions {
    var options = CollectorOptions()
    options.paths = HostPaths(procfs: procfs, sysfs: sysfs)
    options.enabled = choice.enabled(disableDefaults: disableDefaults)
    if let compat {
      options.compatible = compat.exporters
      if !choice.off.contains("compat") { options.enabled.insert("compat") }
    }
    if options.enabled.contains("compat") && !options.enabled.contains("energy") {
      throw StartError("--compat: the energy collector, whose figures it shows, is off", cure: "add --collector.energy")
    }
    options.process.limit = processLimit
    options.process.graceNanoseconds = processGrace.nanoseconds
    options.process.hasDetail = processDetail
    options.cgroup.limit = cgroupLimit
    options.cgroup.graceNanoseconds = cgroupGrace.nanoseconds
    options.cgroup.measuresRunqueue = cgroupRunqueue
    options.taskCapacity = taskCapacity
    options.interruptLimit = interruptLimit
    options.syscalls.hasHistogramsBySyscall = syscallHistograms == .syscall
    options.net.devices = networkDevices
    options.net.queuedPackets = queuedPackets
    options.tcp.connects = connects
    options.block.devices = blockDevices
    options.block.requests = blockRequests
    options.kmem = kmem.options
    options.loadTracking = loadTracking.options
    for (option, path) in [("procfs", procfs), ("sysfs", sysfs)] {
      do throws(SystemError) {
        _ = try Directory.count(path)
      } catch {
        throw StartError("--path.\(option): \(error)", cure: "give the folder where the host's \(option) is mounted")
      }
    }
    options.energy = try energy.options(options.paths)
    options.energy.idleMicrowatts = idlePower?.microwatts
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
    guard (1...1000).contains(interruptLimit) else {
      throw ValidationError("--irq.limit \(interruptLimit): give a number from 1 to 1000")
    }
    guard (1...10_000).contains(networkDevices) else {
      throw ValidationError("--net.devices \(networkDevices): give a number from 1 to 10000")
    }
    guard (1024...16_777_216).contains(queuedPackets) else {
      throw ValidationError("--net.queued-packets \(queuedPackets): give a number from 1024 to 16777216")
    }
    guard (1024...16_777_216).contains(connects) else {
      throw ValidationError("--tcp.connects \(connects): give a number from 1024 to 16777216")
    }
    guard (1...1024).contains(blockDevices) else {
      throw ValidationError("--block.devices \(blockDevices): give a number from 1 to 1024")
    }
    guard (256...1_048_576).contains(blockRequests) else {
      throw ValidationError("--block.requests \(blockRequests): give a number from 256 to 1048576")
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
    case .available(let collector):
      logger.info("collector is available", metadata: ["collector": "\(collector)"])
    case .failed(let collector, let failure):
      logger.error(
        "collector failed",
        metadata: ["collector": "\(collector)", "cause": "\(failure.message)", "cure": "\(failure.cure)"])
    case .recovered(let collector):
      logger.notice("collector works again", metadata: ["collector": "\(collector)"])
    }
  }
}
