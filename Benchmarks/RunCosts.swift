import CBench
import Collectors
import Glibc
import Host
import Logging

/// What `wattprobe run` adds to a command's time: the same command alone and measured, by turns.
enum RunCosts {
  private static let turns = 21
  private static let goal = 0.02
  private static let loads = [
    (
      name: "300 programs that end at once",
      command: "i=0; while [ $i -lt 300 ]; do /bin/true; i=$((i+1)); done"
    ),
    (
      name: "30 compilations of a small file",
      command:
        "printf '#include <stdio.h>\\nint main(void) { return puts(\"\"); }\\n' >/tmp/wattprobe-bench.c; i=0; "
        + "while [ $i -lt 30 ]; do cc -O1 -c /tmp/wattprobe-bench.c -o /tmp/wattprobe-bench.o || exit 1; i=$((i+1)); done; "
        + "rm /tmp/wattprobe-bench.c /tmp/wattprobe-bench.o"
    ),
  ]

  static func run() throws {
    print("== A command alone and under wattprobe run, by turns, medians of \(turns) ==")
    var logger = Logger(label: "bench")
    logger.logLevel = .error
    var table = Table(
      "command", "system calls", "CPU alone, ms", "CPU / alone", "time / alone", "goal \((1 + goal).text(2))")
    for load in loads {
      var alone: [Costs] = []
      var measured: [[Costs]] = [[], []]
      for _ in 0..<turns {
        alone.append(try once(load.command, with: nil))
        for (row, isTimed) in [true, false].enumerated() {
          var options = CollectorOptions()
          options.trees = TreeOptions()
          options.trees?.timesCalls = isTimed
          // attached while it runs, and gone before the next turn
          measured[row].append(try once(load.command, with: try TreeAccounting(options, logger: logger)))
        }
      }
      for (row, kind) in ["timed", "counted alone"].enumerated() {
        let cpu = measured[row].map(\.cpu).median / alone.map(\.cpu).median
        let time = measured[row].map(\.time).median / alone.map(\.time).median
        table.add(
          load.name, kind, alone.map(\.cpu).median.text(1), cpu.text(3), time.text(3),
          max(cpu, time) <= 1 + goal ? "reached" : "missed")
      }
    }
    table.print()
  }

  /// Milliseconds of CPU time of a command and all that it waits for, and of its whole run.
  private struct Costs {
    let cpu: Double
    let time: Double
  }

  private static func once(_ command: String, with accounting: TreeAccounting?) throws -> Costs {
    let launched = try LaunchedCommand(["/bin/sh", "-c", command], environment: ["PATH=/usr/bin:/bin"], as: nil)
    if let accounting {
      guard try accounting.adopt(launched.pid) else { throw BenchError("the command cannot be followed") }
      accounting.begin()
    }
    let before = childrenTime()
    let start = MonotonicClock.now
    try launched.begin()
    while true {
      if let status = try launched.status() {
        guard status == 0 else { throw BenchError("the command failed: is there a C compiler?") }
        break
      }
      usleep(200)
    }
    let time = Double(MonotonicClock.now - start) / 1e6
    accounting?.end()
    return Costs(cpu: childrenTime() - before, time: time)
  }

  private static func childrenTime() -> Double {
    var usage = rusage()
    getrusage(RUSAGE_CHILDREN.rawValue, &usage)
    return milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime)
  }

  private static func milliseconds(_ time: timeval) -> Double {
    Double(time.tv_sec) * 1000 + Double(time.tv_usec) / 1000
  }
}
