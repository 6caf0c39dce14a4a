import BPF
import CBench
import Collecting
import Collectors
import Glibc
import Host

/// What it costs to know how long each process ran, in three ways, with 10,000 processes that make 50,000 switches a second.
///
/// The kernel's own run time by an iterator costs nothing when tasks switch; what task storage holds comes with the same
/// iterator; a per-CPU hash with an epoch is read and emptied beside it. A window is all that the energy collector does in it.
enum WeightCosts {
  private static let processes = 10_000
  private static let windows = 7
  private static let switches = 50_000.0

  private struct Key: BitwiseCopyable {
    var tgid: UInt32
    var epoch: UInt32
  }

  static func run() throws {
    print(
      "== Run time by process: \(processes) processes, CPU at \(Int(switches)) switches a second and a window a second =="
    )
    let children = Children(processes, periodNanoseconds: 200_000_000)
    sleep(3)
    var ways = try ProgramObject(bench: "weights")
    try ways.load()
    for program in ["time_alone", "task_storage", "percpu_hash"] { try ways.attach(program) }
    let sensors = [try Sensors(), try Sensors(areSiblings: true)]
    let collectors = try sensors.map { try DefaultSet.collector("energy", of: ["process", "cgroup", "energy"], $0) }
    let start = MonotonicClock.now
    let hash = try PerCPUHash<Key, UInt64>("by_process", of: ways)
    let statistics = try RunTimeStatistics()
    defer { statistics.switchOff() }

    var event: [String: [Double]] = [:]
    var reading: [String: [Double]] = [:]
    var rate: [Double] = []
    for window in 0..<windows {
      let before = runs(of: ways)
      sleep(1)
      let after = runs(of: ways)
      let alone = perRun(before["time_alone"], after["time_alone"])
      for (name, program) in [("task storage", "task_storage"), ("per-CPU hash", "percpu_hash")] {
        event[name, default: []].append(perRun(before[program], after[program]) - alone)
      }
      rate.append(Double((after["time_alone"]?.runs ?? 0) - (before["time_alone"]?.runs ?? 0)))
      for sensors in sensors { try sensors.count(600_000_000) }
      // a minute apart by the clock they are given, so that none is put off
      let now = start + UInt64(window + 1) * 60_000_000_000
      let runTime = cost { collectors[0].sample(now: now) }
      reading["kernel's run time", default: []].append(runTime)
      reading["task storage", default: []].append(cost { collectors[1].sample(now: now) })
      try ways.setElement("epochs", 0, UInt32(window + 1))
      reading["per-CPU hash", default: []].append(runTime + cost { empty(hash, before: UInt32(window + 1)) })
    }
    var table = Table("way", "ns a switch", "ms a window", "ms of CPU a second")
    for name in ["kernel's run time", "task storage", "per-CPU hash"] {
      let event = event[name]?.median ?? 0
      let window = reading[name]!.median
      table.add(name, event.text(1), window.text(2), (event * switches / 1e6 + window).text(2))
    }
    table.print()
    print("seen: \(Int(rate.median)) switches a second, \(children.count) processes")
  }

  /// Reads what was added up in the epochs before this one, and forgets it.
  private static func empty(_ hash: borrowing PerCPUHash<Key, UInt64>, before epoch: UInt32) {
    var old: [Key] = []
    var sum: UInt64 = 0
    _ = hash.forEach { key, time in
      guard key.epoch < epoch else { return }
      old.append(key)
      sum &+= time
    }
    for key in old { hash.remove(key) }
  }

  /// Milliseconds of CPU of this thread.
  private static func cost(_ body: () -> Void) -> Double {
    let before = cbench_thread_ns()
    body()
    return Double(cbench_thread_ns() - before) / 1e6
  }

  private static func runs(of object: borrowing ProgramObject) -> [String: ProgramStatistics] {
    Dictionary(uniqueKeysWithValues: object.programs().map { ($0.name, $0) })
  }

  private static func perRun(_ before: ProgramStatistics?, _ after: ProgramStatistics?) -> Double {
    guard let before, let after, after.runs > before.runs else { return .nan }
    return Double(after.runNanoseconds - before.runNanoseconds) / Double(after.runs - before.runs)
  }
}
