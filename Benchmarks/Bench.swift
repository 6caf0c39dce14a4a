import CBench
import Glibc

/// Prints what wattprobe costs: `bench [events] [native] [slowdown] [scrape] [allocations] [memory] [cpus] [peer] [attacks]
/// [passes] [energy] [weights] [run]`, all of them by default.
///
/// A machine's speed drifts, so what counts are ratios within one window; see BENCHMARKS.md.
@main
struct Bench {
  private static let parts: [(name: String, run: @Sendable () throws -> Void)] = [
    ("events", EventCosts.run),
    ("native", FineSlotCosts.run),
    ("slowdown", Slowdown.run),
    ("scrape", ScrapeCosts.run),
    ("allocations", AllocationCosts.run),
    ("memory", MemoryCosts.run),
    ("cpus", CPUCountCosts.run),
    ("peer", PeerCosts.run),
    ("attacks", AttackCosts.run),
    ("passes", PassCosts.run),
    ("energy", EnergyCosts.run),
    ("weights", WeightCosts.run),
    ("run", RunCosts.run),
  ]

  static func main() {
    let asked = CommandLine.arguments.dropFirst()
    let known = parts.map(\.name)
    if let unknown = asked.first(where: { !known.contains($0) }) {
      print("there is no part \"\(unknown)\"; the parts are \(known.joined(separator: ", "))")
      exit(1)
    }
    guard geteuid() == 0 else {
      print("run as root: eBPF programs are loaded and their statistics switched on")
      exit(1)
    }
    cbench_print_lines()
    var failed = false
    for part in parts where asked.isEmpty || asked.contains(part.name) {
      do {
        try part.run()
      } catch {
        print("\(part.name): \(error)")
        failed = true
      }
      print("")
    }
    exit(failed ? 1 : 0)
  }
}

/// Why a part could not be measured.
struct BenchError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
