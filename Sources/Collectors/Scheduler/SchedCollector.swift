internal import BPF
internal import BPFPrograms
package import Collecting
package import Exposition
internal import Logging

/// Context switches, wakeups, migrations, process events, and how long tasks ran and waited.
package final class SchedCollector: Collector {
  private static let switches = Family(
    "sched_context_switches", .counter, labels: ["kind"],
    help:
      "Context switches, by the task that left the CPU: voluntary if it blocked, involuntary if it was preempted, yielded or was the idle task."
  )
  private static let wakeups = Family(
    "sched_wakeups", .counter, labels: ["kind"],
    help:
      "Tasks that became runnable: wakeup, after they had blocked, counted as they get a CPU again; new, for the first time."
  )
  private static let migrations = Family("sched_migrations", .counter, help: "Migrations of tasks to another CPU.")
  private static let events = Family(
    "sched_process_events", .counter, labels: ["event"],
    help: "Tasks forked (threads too), programs executed, and processes (thread groups) that exited.")
  private static let runqueue = Family(
    "sched_runqueue_latency_seconds", .histogram, unit: "seconds",
    help:
      "Time that tasks waited in a run queue: from becoming runnable (woken, new or preempted) until running on a CPU.")
  private static let oncpu = Family(
    "sched_oncpu_seconds", .histogram, unit: "seconds",
    help: "Time that tasks ran on a CPU without a break: from being switched in until being switched out.")
  private static let offcpu = Family(
    "sched_offcpu_seconds", .histogram, unit: "seconds", labels: ["reason"],
    help:
      "Time from blocking until running again, by kind of sleep; uninterruptible sleep counts for the load average, io is in io_schedule()."
  )

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "sched", summary: "context switches, wakeups, times in run queues, on and off the CPU", isOnByDefault: true,
    families: [switches, migrations, events, runqueue, oncpu, offcpu, wakeups]
  ) { context throws(CollectorFailure) in try SchedCollector(context) }

  /// 0.95 µs to 16 s.
  private static let shortTimes = HistogramLayout(lowest: -20, highest: 4)
  /// 0.95 µs to 128 s.
  private static let longTimes = HistogramLayout(lowest: -20, highest: 7)

  private let programs: SchedulerPrograms
  /// nil where the kernel refuses that program: the `exit` event is absent then.
  private let exits: PerCPUPrograms<ExitsPerCPU>?
  private var histogram: KernelHistogram

  private init(_ context: CollectorContext) throws(CollectorFailure) {
    programs = try context.kernel.scheduler()
    histogram = KernelHistogram(of: programs.cpus)
    do throws(CollectorFailure) {
      exits = try context.kernel.exits()
    } catch {
      exits = nil
      context.logger.warning("sched_process_events{event=\"exit\"} is absent", metadata: ["cause": "\(error.message)"])
    }
  }

  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    let counters = MemoryLayout<SchedPerCPU>.self
    write(Self.switches, "kind", ["voluntary", "involuntary"], at: counters.offset(of: \.switches)!, to: &writer)
    writer.begin(Self.migrations)
    writer.unsigned(programs.cpus.sum(offset: counters.offset(of: \.migrations)!))
    write(Self.events, "event", ["fork", "exec"], at: counters.offset(of: \.events)!, to: &writer)
    if let exits {
      writer.label("event", "exit")
      writer.unsigned(exits.endedGroups())
    }

    writer.begin(Self.runqueue)
    histogram.write(programs.cpus, offset: counters.offset(of: \.runqueue)!, layout: Self.shortTimes, to: &writer)
    writer.begin(Self.oncpu)
    histogram.write(programs.cpus, offset: counters.offset(of: \.oncpu)!, layout: Self.shortTimes, to: &writer)
    var wakeups: UInt64 = 0
    writer.begin(Self.offcpu)
    for (index, reason) in ["interruptible", "uninterruptible", "io"].enumerated() {
      // without BTF it cannot be told from the other uninterruptible waits
      if reason == "io" && programs.form == .raw { continue }
      writer.label("reason", reason)
      histogram.write(
        programs.cpus, offset: counters.offset(of: \.offcpu)! + index * MemoryLayout<HistogramSlots>.stride,
        layout: Self.longTimes, to: &writer)
      wakeups += histogram.count
    }
    writer.begin(Self.wakeups)
    writer.label("kind", "wakeup")
    writer.unsigned(wakeups)
    writer.label("kind", "new")
    writer.unsigned(programs.cpus.sum(offset: counters.offset(of: \.new_tasks)!))
  }

  /// Writes counters that lie side by side, one for each value of a label.
  private func write(
    _ family: Family, _ label: StaticString, _ values: [String], at offset: Int, to writer: inout SampleWriter
  ) {
    writer.begin(family)
    for (index, value) in values.enumerated() {
      writer.label(label, value)
      writer.unsigned(programs.cpus.sum(offset: offset + index * 8))
    }
  }
}
