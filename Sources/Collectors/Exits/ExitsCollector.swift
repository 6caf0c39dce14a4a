internal import BPF
internal import BPFPrograms
package import Collecting
package import Exposition

/// How thread groups ended, how long they lived and what they used.
package final class ExitsCollector: Collector {
  private static let processes = Family(
    "exited_processes", .counter, labels: ["policy", "result"],
    help:
      "Processes that ended, by scheduling policy and result: ok for exit status 0, error for another one, signal if killed by one."
  )
  private static let cpu = Family(
    "exited_process_cpu_seconds", .histogram, unit: "seconds",
    help: "CPU time that an ended process used in its life, over all its threads.")
  private static let lifetime = Family(
    "exited_process_lifetime_seconds", .histogram, unit: "seconds", help: "Age of processes when they ended.")
  private static let switches = Family(
    "exited_process_context_switches", .counter, labels: ["kind"],
    help: "Context switches of ended processes, over all their threads.")

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "exits", summary: "processes that ended: result, age, CPU time, context switches", isOnByDefault: true,
    families: [processes, cpu, lifetime, switches], isIndependent: true
  ) { context throws(CollectorFailure) in ExitsCollector(try context.kernel.exits()) }

  private static let results = ["ok", "error", "signal"]
  /// 61 µs to 4.6 hours.
  private static let cpuTimes = HistogramLayout(lowest: -14, highest: 14)
  /// 1 ms to 18 hours.
  private static let ages = HistogramLayout(lowest: -10, highest: 16)

  private let programs: PerCPUPrograms<ExitsPerCPU>
  private var histogram: KernelHistogram

  private init(_ programs: PerCPUPrograms<ExitsPerCPU>) {
    self.programs = programs
    histogram = KernelHistogram(of: programs.cpus)
  }

  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    let layout = MemoryLayout<ExitsPerCPU>.self
    writer.begin(Self.processes)
    for policy in 0..<Int(POLICIES) {
      guard let name = SchedulingPolicy.name(UInt32(policy)) else { continue }
      for (result, word) in Self.results.enumerated() {
        writer.label("policy", name)
        writer.label("result", word)
        writer.unsigned(
          programs.cpus.sum(offset: layout.offset(of: \.processes)! + (policy * Self.results.count + result) * 8))
      }
    }
    writer.begin(Self.cpu)
    histogram.write(programs.cpus, offset: layout.offset(of: \.cpu)!, layout: Self.cpuTimes, to: &writer)
    writer.begin(Self.lifetime)
    histogram.write(programs.cpus, offset: layout.offset(of: \.lifetime)!, layout: Self.ages, to: &writer)
    writer.begin(Self.switches)
    for (kind, name) in ["voluntary", "involuntary"].enumerated() {
      writer.label("kind", name)
      writer.unsigned(programs.cpus.sum(offset: layout.offset(of: \.switches)! + kind * 8))
    }
  }
}

extension PerCPUPrograms where Element == ExitsPerCPU {
  /// Thread groups that ended since the program was attached.
  func endedGroups() -> UInt64 {
    let base = MemoryLayout<ExitsPerCPU>.offset(of: \.processes)!
    return (0..<Int(POLICIES) * Int(EXIT_RESULTS.rawValue)).reduce(0) { $0 + cpus.sum(offset: base + $1 * 8) }
  }
}

/// Scheduling policies as sched(7) names them.
enum SchedulingPolicy {
  private static let names: [UInt32: String] = [
    0: "other", 1: "fifo", 2: "rr", 3: "batch", 5: "idle", 6: "deadline", 7: "ext",
  ]

  /// nil for a number no kernel uses.
  static func name(_ policy: UInt32) -> String? { names[policy] }
}
