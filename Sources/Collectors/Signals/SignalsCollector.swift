internal import BPF
internal import BPFPrograms
internal import Energy
package import Collecting
package import Exposition
internal import Host

/// Signals sent and processes that the OOM killer killed.
package final class SignalsCollector: Collector {
  private static let signals = Family(
    "signals", .counter, labels: ["signal"],
    help: "Signals sent to processes and threads, including those that are ignored or already pending.")
  private static let oomKills = Family(
    "oom_kills", .counter, help: "Processes killed by the OOM killer, that of the machine or of a control group.")

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "signals", summary: "signals sent, processes killed by the OOM killer", isOnByDefault: true,
    families: [signals, oomKills]
  ) { context throws(CollectorFailure) in
    let programs = try PerCPUPrograms<SignalsPerCPU>(
      "signals", map: "signals_cpus", attaching: ["signal_generate"])
    context.kernel.register(programs)
    return SignalsCollector(programs, paths: context.options.paths)
  }

  /// The signals that always have a series; real-time ones get theirs with their first.
  private static let standard = 1...31

  private let programs: PerCPUPrograms<SignalsPerCPU>
  private let paths: HostPaths
  /// What the kernel had counted as this was made; nil where it does not count. No program: its tracepoint fires for each
  /// task that is let at the reserves, also for several threads of one process.
  private let earlierKills: UInt64?

  private init(_ programs: PerCPUPrograms<SignalsPerCPU>, paths: HostPaths) {
    self.programs = programs
    self.paths = paths
    earlierKills = try? OOMKills.count(paths: paths)
  }

  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    let sent = MemoryLayout<SignalsPerCPU>.offset(of: \.sent)!
    writer.begin(Self.signals)
    for number in 1...SignalNumber.highest {
      guard let name = SignalNumber.name(number) else { continue }
      let count = programs.cpus.sum(offset: sent + number * 8)
      if count == 0 && !Self.standard.contains(number) { continue }
      writer.label("signal", name)
      writer.unsigned(count)
    }
    guard let earlierKills, let kills = try? OOMKills.count(paths: paths) else { return }
    writer.begin(Self.oomKills)
    writer.unsigned(kills.subtracting(earlierKills))
  }
}
