internal import BPF
internal import BPFPrograms
package import Collecting
package import Exposition
internal import Host
internal import Logging

/// How long interrupts took, and how long software interrupts waited.
package final class IRQCollector: Collector {
  private static let softirqDurations = Family(
    "softirq_duration_seconds", .histogram, unit: "seconds", labels: ["vector"],
    help: "Time in handlers of software interrupts, without device interrupts that came in between.")
  private static let softirqLatencies = Family(
    "softirq_latency_seconds", .histogram, unit: "seconds", labels: ["vector"],
    help:
      "Time from raising a software interrupt until its handler began; from the first time it was raised, where one run serves several."
  )
  private static let hardirqDurations = Family(
    "hardirq_duration_seconds", .histogram, unit: "seconds", labels: ["irq", "name"],
    help:
      "Time in handlers of device interrupts; those without series of their own are in irq=\"other\". Timer and inter-processor interrupts of x86 have no number and are not in it."
  )

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "irq", summary: "duration of interrupts, latency of software interrupts", isOnByDefault: true,
    notes: """
      Counts agree with `/proc/softirqs` and `/proc/interrupts`. Interrupts that have occurred get series of their
      own, the busiest first, until there are `--irq.limit` of them; others get theirs when a scrape finds them.
      What was counted before, and interrupts with a number above 16383, are in `irq="other"`. If a number is
      given to another device, it gets another series, and the old one stays as it is. Handlers that share a line
      count as one interrupt with one name (without BTF: one name, but an interrupt for each handler). Of threaded
      interrupts only the short first half is counted. Some kernel paths mark a software interrupt without raising
      it: such runs have a duration, but no latency. On arm64 timer and inter-processor interrupts are numbered,
      too; `/proc/interrupts` shows the latter without their numbers, so they are in `other`.
      """,
    families: [softirqDurations, softirqLatencies, hardirqDurations]
  ) { context throws(CollectorFailure) in IRQCollector(context, try context.kernel.interrupts()) }

  /// As `/proc/softirqs` has them, by number.
  static let vectors = [
    "HI", "TIMER", "NET_TX", "NET_RX", "BLOCK", "IRQ_POLL", "TASKLET", "SCHED", "HRTIMER", "RCU",
  ]
  /// 1 µs to 62 ms.
  private static let softirqTimes = HistogramLayout(lowest: -20, highest: -4)
  /// 1 µs to 250 ms.
  private static let waits = HistogramLayout(lowest: -20, highest: -2)
  /// 1 µs to 4 ms.
  private static let hardirqTimes = HistogramLayout(lowest: -20, highest: -8)

  private let programs: InterruptPrograms
  private let paths: HostPaths
  private let logger: Logger
  private var slots: InterruptSlots
  /// When each of the slots' identities got its own; nil: with the collectors.
  private var starts: [UInt64?] = []
  private var nextNames: UInt64 = 0
  private var namesFailed = false
  private var softirqs: KernelHistogram
  private var hardirqs: KernelHistogram

  private init(_ context: CollectorContext, _ programs: InterruptPrograms) {
    self.programs = programs
    paths = context.options.paths
    logger = context.logger
    softirqs = KernelHistogram(of: programs.cpus, first: Int(SOFTIRQ_FIRST_SLOT))
    hardirqs = KernelHistogram(of: programs.hardirqs, first: Int(HARDIRQ_FIRST_SLOT))
    slots = InterruptSlots(limit: programs.slots - 1)
    findNames()
  }

  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    findNames()
    let layout = MemoryLayout<InterruptsPerCPU>.self
    writer.begin(Self.softirqDurations)
    writeVectors(
      from: layout.offset(of: \.durations)!, count: Int(SOFTIRQ_TIME_SLOTS), Self.softirqTimes, to: &writer)
    writer.begin(Self.softirqLatencies)
    writeVectors(from: layout.offset(of: \.latencies)!, count: Int(SOFTIRQ_WAIT_SLOTS), Self.waits, to: &writer)
    writer.begin(Self.hardirqDurations)
    for (index, identity) in slots.identities.enumerated() {
      writer.label("irq", identity.number)
      writer.label("name", identity.name)
      writer.started(at: starts[index])
      write(slot: index + 1, to: &writer)
    }
    writer.label("irq", "other")
    write(slot: 0, to: &writer)
  }

  /// `count` slots of each vector, and their sum.
  private func writeVectors(
    from offset: Int, count: Int, _ layout: HistogramLayout, to writer: inout SampleWriter
  ) {
    for (vector, name) in Self.vectors.enumerated() {
      writer.label("vector", name)
      softirqs.write(
        programs.cpus, offset: offset + vector * (count + 1) * 8, count: count, layout: layout, to: &writer)
    }
  }

  private func write(slot: Int, to writer: inout SampleWriter) {
    hardirqs.clear()
    for element in stride(from: slot, to: programs.hardirqs.count, by: programs.slots) {
      hardirqs.add(programs.hardirqs, element: element, count: Int(HARDIRQ_TIME_SLOTS))
    }
    hardirqs.write(Self.hardirqTimes, to: &writer)
  }

  /// Gives slots to interrupts that have none yet, or another name than before. The file has a column for each CPU and may
  /// take long to read where there are many: it is read less often then, so that it takes 0.2 % of a CPU at most.
  private func findNames() {
    guard MonotonicClock.now >= nextNames else { return }
    let used = OwnProcess.threadNanoseconds
    do throws(HostError) {
      let interrupts = try Interrupts(paths: paths).interrupts
      let now = starts.isEmpty ? nil : MonotonicClock.now
      let changes = slots.update(interrupts)
      starts += repeatElement(now, count: slots.identities.count - starts.count)
      for (number, slot) in changes { try? programs.assign(number, to: slot) }
      namesFailed = false
    } catch {
      if !namesFailed { logger.warning("interrupts have no names", metadata: ["cause": "\(error)"]) }
      namesFailed = true
    }
    nextNames = MonotonicClock.now + 500 * (OwnProcess.threadNanoseconds - used)
  }
}
