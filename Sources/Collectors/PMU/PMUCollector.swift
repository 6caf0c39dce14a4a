internal import BPF
internal import BPFPrograms
package import Collecting
package import Exposition
internal import Host
internal import Logging

/// What the CPUs' performance monitoring units count.
package final class PMUCollector: Collector {
  private static func family(_ event: ProcessorEvent, _ name: String, _ help: String) -> (ProcessorEvent, Family) {
    (event, Family("pmu_" + name, .counter, labels: ["cpu"], help: help))
  }

  private static let byCPU = [
    family(.cycles, "cycles", "Core cycles, without those in idle states."),
    family(.instructions, "instructions", "Instructions retired."),
    family(.cacheReferences, "cache_references", "Last-level cache accesses, as the processor defines them."),
    family(.cacheMisses, "cache_misses", "Last-level cache misses, as the processor defines them."),
    family(.branches, "branches", "Branch instructions retired."),
    family(.branchMisses, "branch_misses", "Mispredicted branches."),
  ]

  private static func processFamily(_ event: ProcessorEvent, _ name: String, _ help: String) -> (ProcessorEvent, Family)
  {
    (event, Family("process_" + name, .counter, labels: ["pid", "comm", "cgroup"], help: help))
  }

  private static let byProcess = [
    processFamily(.cycles, "cycles", "Core cycles of the process, including those of interrupts while it ran."),
    processFamily(.instructions, "instructions", "Instructions retired by the process."),
    processFamily(.cacheMisses, "cache_misses", "Last-level cache misses of the process."),
  ]

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "pmu", summary: "cycles, instructions, cache and branch misses by CPU and by process", isOnByDefault: true,
    notes: """
      An event that the machine does not have is absent, never 0. Where there are more events than hardware
      counters, perf lets them take turns, and counts are scaled by the time enabled over the time counting. The
      families by process need the process collector. They count a time slice when it ends, so the last slice of a
      process that runs for long shows late; "other" is the rest of what the CPUs counted, the idle task's included, up to
      a tenth of a second ago. A CPU that runs no task is not woken to be read: what its interrupts count is shown once it has
      run one. The events of a CPU that was offline, or comes later, are opened anew; where that is refused
      it has no series, and its tasks' energy is divided by the cycles that they had before.
      """,
    families: byCPU.map(\.1) + byProcess.map(\.1)
  ) { context throws(CollectorFailure) in
    let events = try context.kernel.processorEvents()
    let scheduler = context.options.countsEventsByProcess ? try context.kernel.scheduler() : nil
    let countsByProcess = scheduler?.countsEventsByProcess == true
    // without them there are still the CPUs; why, the process collector says
    return PMUCollector(
      events, context, scheduler: scheduler, tasks: countsByProcess ? try? context.kernel.tasks() : nil)
  }

  private let events: ProcessorEvents
  private let scheduler: SchedulerPrograms?
  private let tasks: TaskPasses?
  private var sleeping = SleepingCPUs()

  private let paths: HostPaths
  private let open: SharedPerfCounter.Open
  private let logger: Logger

  private init(
    _ events: ProcessorEvents, _ context: CollectorContext, scheduler: SchedulerPrograms?, tasks: TaskPasses?
  ) {
    self.events = events
    paths = context.options.paths
    open = context.options.pmu.open
    logger = context.logger
    self.scheduler = scheduler
    self.tasks = tasks
  }

  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    readEvents()
    for (event, family) in Self.byCPU where events.available.contains(event) {
      writer.begin(family)
      events.forEach(event) { cpu, count in
        writer.label("cpu", cpu)
        writer.unsigned(count)
      }
    }
    guard let tasks, let scheduler else { return }
    try tasks.refresh()
    let series = tasks.processes.series
    for (event, family) in Self.byProcess where events.available.contains(event) {
      writer.begin(family)
      for one in series {
        writer.labels(one.labels)
        writer.unsigned(one.detail[event])
      }
      writer.label("pid", "other")
      writer.unsigned(scheduler.unwatchedCount(of: event) + tasks.processes.otherDetail[event])
    }
  }

  private func readEvents() {
    let online = ((try? CPUList.read(paths.sys("devices/system/cpu/online"))) ?? []).filter { $0 < PossibleCPUs.end }
    let refusals = events.read(
      online: online, awake: sleeping.awake(of: online) { scheduler?.time(of: $0) }, now: MonotonicClock.now, open: open
    ) { event, cpu, descriptor in
      if event.isCountedByProcess { scheduler?.count(event, cpu: cpu, descriptor) }
    }
    guard let refusal = refusals.min(by: { $0.key < $1.key })?.value else { return }
    logger.warning(
      "CPUs that came online have no events",
      metadata: [
        "cause": "\(refusal)", "cpus": "\(refusals.keys.sorted().map(String.init).joined(separator: ","))",
        "cure": "start wattprobe again, with CAP_SYS_ADMIN and without --no-bpf.statistics",
      ])
  }
}
