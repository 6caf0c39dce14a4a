import CBench
import Collecting
import Collectors
import Glibc
import Host

/// CPU time of one pass of the process collector over all tasks.
enum PassCosts {
  private static let passes = 15

  static func run() throws {
    print("== One pass over all processes, CPU of the thread, medians of \(passes) ==")
    var table = Table("sleeping processes", "ms", "least", "us a process")
    for count in [100, 1_000, 10_000] {
      let children = Children(count, busyNanoseconds: 0)
      let collector = try DefaultSet.collector("process", of: [])
      let start = MonotonicClock.now
      collector.sample(now: start)
      var costs: [Double] = []
      for pass in 1...passes {
        let before = cbench_thread_ns()
        // a second apart by the clock it is given: collectors whose turn it is at the same time share a pass
        collector.sample(now: start + UInt64(pass) * 1_000_000_000)
        costs.append(Double(cbench_thread_ns() - before) / 1e6)
      }
      let each = costs.median * 1000 / Double(children.count)
      table.add("\(children.count)", costs.median.text(2), costs.quantile(0).text(2), each.text(2))
    }
    table.print()
  }
}
