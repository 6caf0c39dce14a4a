import CBench
import Collecting
import Collectors
import Exposition
import Glibc
import Host
import Logging

/// Blocks of memory that a scrape asks for, of few samples and of many.
enum AllocationCosts {
  private static let scrapes = 20
  private static let processes = 100
  /// Of a sample.
  private static let goal = 0.05

  static func run() throws {
    print("== Allocations of a scrape, medians of \(scrapes) ==")
    var logger = Logger(label: "bench")
    logger.logLevel = .error
    let names = Set(Registry.collectors.filter(\.isOnByDefault).map(\.name))
    let set = CollectorSet(
      Registry.collectors, enabled: names,
      context: { [logger] in
        var options = CollectorOptions()
        options.enabled = names
        return CollectorContext(options: options, logger: logger)
      },
      program: { _ in nil }, beside: OwnThread.run, now: { MonotonicClock.now },
      clock: SeriesClock(monotonic: MonotonicClock.now, realtime: RealtimeClock.now), report: { _ in })
    var table = Table(
      "what", "samples", "allocations", "the same with \(processes) processes more", "for each sample more")
    let few = measure(set)
    let children = Children(processes, busyNanoseconds: 40_000_000)
    for _ in 0..<80 {
      usleep(100_000)
      _ = set.sampleDue()
    }
    let many = measure(set)
    let more = Double(many.samples - few.samples)
    var worst = 0.0
    for (name, before, after) in [("reading", few.reading, many.reading)]
      + zip(few.formats, many.formats).map({
        ("\($0.0.name)", $0.0.count, $0.1.count)
      })
    {
      let each = (after - before) / more
      worst = max(worst, each)
      table.add(name, "\(few.samples) to \(many.samples)", before.text(0), after.text(0), each.text(3))
    }
    table.print()
    print("processes with a load of their own: \(children.count)")
    print("most for a sample: \(worst.text(3)) (goal \(goal.text(2)): \(worst <= goal ? "reached" : "missed"))")
  }

  private struct Counts {
    var samples = 0
    var reading = 0.0
    var formats: [(name: String, count: Double)] = []
  }

  private static func measure(_ set: CollectorSet) -> Counts {
    var counts = Counts()
    var reading: [Double] = []
    var formats: [[Double]] = ExpositionFormat.allCases.map { _ in [] }
    for _ in 0..<scrapes {
      usleep(110_000)
      var parts: [Snapshot] = []
      reading.append(allocations { parts = set.collect(CollectorSelection()) })
      counts.samples = parts.reduce(0) { $0 + $1.samples.count }
      for (index, format) in ExpositionFormat.allCases.enumerated() {
        formats[index].append(allocations { parts.encode(as: format) { _ in } })
      }
    }
    counts.reading = reading.median
    counts.formats = zip(ExpositionFormat.allCases, formats).map { ("\($0)", $1.median) }
    return counts
  }

  private static func allocations(_ body: () -> Void) -> Double {
    let before = cbench_allocations()
    body()
    return Double(cbench_allocations() - before)
  }
}
