import CBench
import Collecting
import Collectors
import Glibc
import Host
import Logging

/// CPU time of one window of energy: sensors read, a pass over all tasks, and their joules divided.
enum EnergyCosts {
  private static let windows = 15
  private static let logger = Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() })

  static func run() throws {
    print("== One energy window, CPU of the thread, medians of \(windows); a package with core and dram ==")
    var table = Table("sleeping processes", "ms", "least", "sensors alone", "a pass alone", "us a process")
    for count in [100, 1_000, 10_000] {
      let children = Children(count, busyNanoseconds: 0)
      let sensors = try Sensors()
      let whole = try costs(sensors) {
        try DefaultSet.collector("energy", of: ["process", "cgroup", "energy"], sensors)
      }
      let reading = try costs(sensors) {
        try EnergyCollector(paths: sensors.paths, now: MonotonicClock.now, logger: logger)
      }
      let pass = try costs(sensors) { try DefaultSet.collector("process", of: ["process", "cgroup"], sensors) }
      table.add(
        "\(children.count)", whole.median.text(2), whole.quantile(0).text(2), reading.median.text(2),
        pass.median.text(2), (whole.median * 1000 / Double(children.count)).text(2))
    }
    table.print()
  }

  /// Milliseconds of each window. They are a minute apart by the clock that the collector is given, so each has its pass.
  private static func costs(
    _ sensors: Sensors, _ make: () throws -> any PeriodicCollector
  ) throws -> [Double] {
    let collector = try make()
    let start = MonotonicClock.now
    return try (1...windows).map { window in
      try sensors.count(600_000_000)
      let before = cbench_thread_ns()
      collector.sample(now: start + UInt64(window) * 60_000_000_000)
      return Double(cbench_thread_ns() - before) / 1e6
    }
  }
}
