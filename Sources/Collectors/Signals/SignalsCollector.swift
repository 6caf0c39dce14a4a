internal import BPF
internal import BPFPrograms
package import Collecting
package import Exposition
internal import Host

/// Signals sent and processes that the OOM killer chose.
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
      "signals", map: "signals_cpus", attaching: ["signal_generate", "mark_victim"])
    context.kernel.register(programs)
    return SignalsCollector(programs)
  }

  /// The signals that always have a series; real-time ones get theirs with their first.
  private static let standard = 1...31

  private let programs: PerCPUPrograms<SignalsPerCPU>

  private init(_ programs: PerCPUPrograms<SignalsPerCPU>) { self.programs = programs }

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
    writer.begin(Self.oomKills)
    writer.unsigned(programs.cpus.sum(offset: MemoryLayout<SignalsPerCPU>.offset(of: \.oom_kills)!))
  }
}
