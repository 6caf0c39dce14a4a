internal import BPF
internal import BPFPrograms
package import Collecting
package import Exposition
internal import Host
internal import Logging

/// Page faults by kind and mode, and how long they took where the kernel lets that be measured.
package final class FaultsCollector: SheddableCollector {
  private static let faults = Family(
    "page_faults", .counter, labels: ["kind", "mode"],
    help:
      "Page faults that were resolved: major if the page was read from storage. mode is who touched the page: user, or kernel, also on behalf of a program."
  )
  private static let durations = Family(
    "page_fault_duration_seconds", .histogram, unit: "seconds", labels: ["kind"],
    help:
      "Time that the kernel took to handle page faults, over all attempts; absent where fentry programs are refused.")

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "faults", summary: "page faults by kind and mode, and their time", isOnByDefault: true,
    notes: """
      Where the kernel accepts fentry and fexit programs (x86-64; arm64 from 6.0), faults are counted and timed at
      its fault handler. Where it does not, `wattprobe_page_fault_duration_seconds` is absent, a line of the log
      says so, and the counts are the kernel's own: the sums of `/proc/vmstat`, of which perf events tell the
      user's share. A CPU that comes online later has no such event: scrapes of this collector then fail until
      wattprobe is restarted. Before Linux 6.4 the kernel's own count takes a fault that it had to retry for two.
      """,
    families: [faults, durations]
  ) { context throws(CollectorFailure) in try FaultsCollector(context) }

  /// 0.24 µs to 16 s.
  private static let times = HistogramLayout(lowest: -22, highest: 4)
  private static let kinds = ["minor", "major"]
  private static let modes = ["user", "kernel"]

  private enum Source: ~Copyable {
    case programs(FaultPrograms)
    case counters(KernelFaultCounts)
  }

  private let source: Source
  private var histogram: KernelHistogram

  private init(_ context: CollectorContext) throws(CollectorFailure) {
    let wanted = context.options.faults.source
    if wanted != .counters {
      do throws(CollectorFailure) {
        let programs = try FaultPrograms(options: context.options, logger: context.logger)
        context.kernel.register(programs)
        source = .programs(programs)
        histogram = KernelHistogram(of: programs.cpus)
        return
      } catch {
        if wanted == .programs { throw error }
        context.logger.notice(
          "page_fault_duration_seconds is absent", metadata: ["cause": "\(error.message)", "cure": "\(error.cure)"])
      }
    }
    // they are there for others, or not at all
    let scheduler = context.options.enabled.isDisjoint(with: ["sched", "cpu"]) ? nil : try? context.kernel.scheduler()
    histogram = KernelHistogram()
    source = .counters(
      try KernelFaultCounts(
        paths: context.options.paths, scheduler: scheduler, open: context.options.faults.open))
  }

  private var programs: FaultPrograms? {
    switch source {
    case .programs(let programs): programs
    case .counters: nil
    }
  }

  /// Events of perf count in the kernel, whoever reads them.
  package var canBeShed: Bool { programs != nil }
  package func shed() { programs?.detach() }
  package func comeBack() throws(CollectorFailure) { try programs?.restart() }

  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    switch source {
    case .programs(let programs):
      let layout = MemoryLayout<FaultsPerCPU>.self
      writeCounts(to: &writer) { kind, mode in
        programs.cpus.sum(offset: layout.offset(of: \.faults)! + (kind * Self.modes.count + mode) * 8)
      }
      writer.begin(Self.durations)
      for (index, kind) in Self.kinds.enumerated() {
        writer.label("kind", kind)
        histogram.write(
          programs.cpus, offset: layout.offset(of: \.durations)! + index * MemoryLayout<HistogramSlots>.stride,
          layout: Self.times, to: &writer)
      }
    case .counters(let counts):
      let split = try counts.read()
      writeCounts(to: &writer) { kind, mode in
        kind == 0
          ? (mode == 0 ? split.userMinor : split.kernelMinor) : (mode == 0 ? split.userMajor : split.kernelMajor)
      }
    }
  }

  private func writeCounts(to writer: inout SampleWriter, _ count: (_ kind: Int, _ mode: Int) -> UInt64) {
    writer.begin(Self.faults)
    for (kind, kindName) in Self.kinds.enumerated() {
      for (mode, modeName) in Self.modes.enumerated() {
        writer.label("kind", kindName)
        writer.label("mode", modeName)
        writer.unsigned(count(kind, mode))
      }
    }
  }
}
