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
    help: "Time in the handler of a software interrupt, without the device interrupts that came in between.")
  private static let softirqLatencies = Family(
    "softirq_latency_seconds", .histogram, unit: "seconds", labels: ["vector"],
    help: "Time from raising a software interrupt, the first time where several run as one, until its handler began.")
  private static let hardirqDurations = Family(
    "hardirq_duration_seconds", .histogram, unit: "seconds", labels: ["irq", "name"],
    help:
      "Time in the handlers of a device interrupt; all that have no series of their own are in irq=\"other\". The timer and inter-processor interrupts of x86 have no number and are in none."
  )

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "irq", summary: "duration of interrupts, latency of software interrupts", isOnByDefault: true,
    notes: """
      Counts are those of `/proc/softirqs` and `/proc/interrupts`. Interrupts that have come at all get series of their own,
      the busiest first, until there are `--irq.limit`; later ones as a scrape finds them, and what came before that is in
      `other`, as is what has a number above 16383. A number that goes to another device goes to another series, and the
      old one stays where it was. Handlers that share a line are one interrupt and one name (without BTF: one name, but an
      interrupt each). Interrupts that are handled by threads have only their short first half here. Some kernel paths
      mark a software interrupt without raising it: such runs have a duration and no latency. On arm64 the timer and
      inter-processor interrupts are numbered too; `/proc/interrupts` shows the latter without their numbers, so they are
      in `other`.
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
  private var nextNames: UInt64 = 0
  private var namesFailed = false
  private var histogram = KernelHistogram()

  private init(_ context: CollectorContext, _ programs: InterruptPrograms) {
    self.programs = programs
    paths = context.options.paths
    logger = context.logger
    slots = InterruptSlots(limit: programs.slots - 1)
    findNames()
  }

  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    findNames()
    let layout = MemoryLayout<InterruptsPerCPU>.self
    writer.begin(Self.softirqDurations)
    writeVectors(from: layout.offset(of: \.durations)!, Self.softirqTimes, to: &writer)
    writer.begin(Self.softirqLatencies)
    writeVectors(from: layout.offset(of: \.latencies)!, Self.waits, to: &writer)
    writer.begin(Self.hardirqDurations)
    for (index, identity) in slots.identities.enumerated() {
      writer.label("irq", identity.number)
      writer.label("name", identity.name)
      write(slot: index + 1, to: &writer)
    }
    writer.label("irq", "other")
    write(slot: 0, to: &writer)
  }

  private func writeVectors(from offset: Int, _ layout: HistogramLayout, to writer: inout SampleWriter) {
    for (vector, name) in Self.vectors.enumerated() {
      writer.label("vector", name)
      histogram.write(
        programs.cpus, offset: offset + vector * MemoryLayout<HistogramSlots>.stride, layout: layout, to: &writer
      )
    }
  }

  private func write(slot: Int, to writer: inout SampleWriter) {
    histogram.write(
      programs.hardirqs, elements: stride(from: slot, to: programs.hardirqs.count, by: programs.slots),
      layout: Self.hardirqTimes, to: &writer)
  }

  /// Gives slots to interrupts that have none yet, or another name than before. The file has a column for each CPU and may
  /// take long to read where there are many: it is read less often then, so that it takes 0.2 % of a CPU at most.
  private func findNames() {
    guard MonotonicClock.now >= nextNames else { return }
    let used = OwnProcess.threadNanoseconds
    do throws(HostError) {
      let interrupts = try Interrupts(paths: paths).interrupts
      for (number, slot) in slots.update(interrupts) { try? programs.assign(number, to: slot) }
      namesFailed = false
    } catch {
      if !namesFailed { logger.warning("interrupts have no names", metadata: ["cause": "\(error)"]) }
      namesFailed = true
    }
    nextNames = MonotonicClock.now + 500 * (OwnProcess.threadNanoseconds - used)
  }
}
