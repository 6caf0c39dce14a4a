internal import BPF
internal import BPFPrograms
internal import Energy
package import Collecting
package import Exposition
internal import Host

/// Signals sent and processes that the OOM killer killed.
package final class SignalsCollector: SheddableCollector {
  private static let signals = Family(
    "signals", .counter, labels: ["signal"],
    help: "Signals sent to processes and threads, including those that are ignored or already pending.")
  private static let oomKills = Family(
    "oom_kills", .counter, help: "Processes killed by the OOM killer, that of the machine or of a control group.")

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "signals", summary: "signals sent, processes killed by the OOM killer", isOnByDefault: true,
    families: [signals, oomKills], isIndependent: true
  ) { context throws(CollectorFailure) in
    let programs = try PerCPUPrograms<SignalsPerCPU>(
      "signals", map: "signals_cpus", attaching: ["signal_generate"])
    context.kernel.register(programs)
    return SignalsCollector(programs, paths: context.options.paths)
  }

  /// The signals that always have a series; real-time ones get theirs with their first.
  private static let standard = 1...31

  private static let sent = MemoryLayout<SignalsPerCPU>.offset(of: \.sent)!
  private static let kill = 9
  /// In nanoseconds.
  private static let longestTrust: UInt64 = 60_000_000_000

  private let programs: PerCPUPrograms<SignalsPerCPU>
  private let paths: HostPaths
  /// What the kernel had counted as this was made, or came back; nil where it does not count. No program: its tracepoint fires for each
  /// task that is let at the reserves, also for several threads of one process.
  private var earlierKills: UInt64?
  /// What the kernel had counted when it was read last, and how many SIGKILLs had been sent before that.
  private var lastKills: (count: UInt64, signals: UInt64, time: UInt64)?

  private init(_ programs: PerCPUPrograms<SignalsPerCPU>, paths: HostPaths) {
    self.programs = programs
    self.paths = paths
    earlierKills = try? OOMKills.count(paths: paths)
  }

  package var canBeShed: Bool { true }
  package func shed() { programs.detach() }

  package func comeBack() throws(CollectorFailure) {
    lastKills = nil
    earlierKills = try? OOMKills.count(paths: paths)
    try programs.restart()
  }

  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    writer.begin(Self.signals)
    for number in 1...SignalNumber.highest {
      guard let name = SignalNumber.name(number) else { continue }
      let count = programs.cpus.sum(offset: Self.sent + number * 8)
      if count == 0 && !Self.standard.contains(number) { continue }
      writer.label("signal", name)
      writer.unsigned(count)
    }
    guard let earlierKills, let kills = oomKills() else { return }
    writer.begin(Self.oomKills)
    writer.unsigned(kills.subtracting(earlierKills))
  }

  /// `/proc/vmstat` is some two hundred lines to write and read, and the OOM killer sends a SIGKILL right after it has counted:
  /// without a new one nothing has changed. A signal that the program missed delays what is shown by a minute at most.
  private func oomKills() -> UInt64? {
    let signals = programs.cpus.sum(offset: Self.sent + Self.kill * 8)
    let now = MonotonicClock.now
    if let lastKills, lastKills.signals == signals, now.subtracting(lastKills.time) < Self.longestTrust {
      return lastKills.count
    }
    lastKills = (try? OOMKills.count(paths: paths)).map { ($0, signals, now) }
    return lastKills?.count
  }
}
