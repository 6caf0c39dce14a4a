import BPF
import CBench
import Collectors
import Glibc

/// How much slower a context switch and a system call are with the default set attached, by attaching and detaching it
/// inside one process.
enum Slowdown {
  private static let cycles = 50
  private static let halfNanoseconds: UInt64 = 120_000_000
  /// Triples whose two OFF halves differ by more are dropped.
  private static let drift = 1.03

  private struct Row: Sendable {
    let name: String
    let attached: @Sendable (inout Programs) throws(BPFError) -> Void
  }

  private static let rows = [
    Row(name: "nothing (null row)", attached: { (_: inout Programs) throws(BPFError) in }),
    Row(name: "empty programs", attached: { (all: inout Programs) throws(BPFError) in try all.attachEmpty() }),
    Row(name: "the default set", attached: { (all: inout Programs) throws(BPFError) in try all.attachDefault() }),
  ]

  static func run() throws {
    var programs = try Programs.load()
    var peer = cbench_peer()
    guard cbench_peer_start(&peer, 0, 0) == 0 else { throw BenchError("cannot start a ping-pong") }
    try measure("a pipe ping-pong on one CPU", goal: 0.05, &programs) { cbench_peer_rounds(&peer, 25) }
    cbench_peer_stop(&peer)
    cbench_pin(0)
    try measure("getppid()", goal: 0, &programs) { cbench_calls(500) }
    cbench_pin(-1)
    try PerfBenches.run(&programs)
  }

  /// One load: `batch` runs some rounds of it and says how many nanoseconds each took. `goal`: what the default set may
  /// add to what empty programs do.
  private static func measure(
    _ load: String, goal: Double, _ programs: inout Programs, batch: () -> Double
  ) throws {
    print("== Slowdown of \(load), statistics off, OFF/ON/OFF triples ==")
    var table = Table("attached", "triples", "p10", "median", "p90")
    let (ratios, off) = try triples(&programs, batch)
    for (row, kept) in zip(rows, ratios) {
      table.add(
        row.name, "\(kept.count)", kept.quantile(0.1).text(3), kept.median.text(3), kept.quantile(0.9).text(3))
    }
    table.print()
    print("a round with nothing attached: \(off.text(0)) ns")
    let added = ratios[2].median - ratios[1].median
    print(
      "the default set adds \(added.text(3)) to what empty programs do (goal \(goal.text(2)):",
      "\(added <= goal ? "reached" : "missed")), \(((ratios[2].median - 1) * off).text(0)) ns in all")
  }

  /// The rows take turns, so that they see the same machine. Returns the ratios of each, and the quickest half's round.
  private static func triples(
    _ programs: inout Programs, _ batch: () -> Double
  ) throws -> (kept: [[Double]], off: Double) {
    var kept: [[Double]] = rows.map { _ in [] }
    var before = half(batch)
    var lowest = before
    for _ in 0..<cycles {
      for (index, row) in rows.enumerated() {
        try row.attached(&programs)
        let on = half(batch)
        programs.detach()
        let after = half(batch)
        if max(before, after) / min(before, after) < drift { kept[index].append(on / ((before + after) / 2)) }
        lowest = min(lowest, after)
        before = after
      }
    }
    return (kept, lowest)
  }

  /// The best mode of one half: what the quickest tenth of its batches took for a round, after a moment to settle.
  private static func half(_ batch: () -> Double) -> Double {
    usleep(2000)
    var rounds: [Double] = []
    let start = now()
    while now() - start < halfNanoseconds { rounds.append(batch()) }
    return rounds.quantile(0.1)
  }

  private static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

/// perf's own benchmarks, each in a process of its own: a second opinion, and a coarser one.
private enum PerfBenches {
  private static let turns = 9
  private static let benches = [
    (name: "perf bench syscall basic", command: "perf bench -f simple syscall basic -l 1000000 2>/dev/null"),
    (name: "perf bench sched pipe", command: "perf bench -f simple sched pipe -l 20000 2>/dev/null"),
  ]

  static func run(_ programs: inout Programs) throws {
    print("== Slowdown of perf's benchmarks, OFF and ON by turns, medians of \(turns) ==")
    var table = Table("benchmark", "off, s", "on, s", "on / off")
    for bench in benches {
      guard cbench_number(bench.command) > 0 else {
        table.add(bench.name, "perf is not installed")
        continue
      }
      var off: [Double] = []
      var on: [Double] = []
      for _ in 0..<turns {
        off.append(cbench_number(bench.command))
        try programs.attachDefault()
        on.append(cbench_number(bench.command))
        programs.detach()
      }
      table.add(bench.name, off.median.text(3), on.median.text(3), (on.median / off.median).text(3))
    }
    table.print()
  }
}

/// The programs of the default set and the empty ones, loaded once, attached and detached at will.
private struct Programs: ~Copyable {
  private let set: DefaultSet
  private var empty: ProgramObject

  static func load() throws -> Programs {
    guard let set = DefaultSet(form: SchedulerPrograms.Form.allCases[0]) else {
      throw BenchError("the scheduler programs do not load")
    }
    for object in set.kernel.loaded { object.detach() }
    var empty = try EmptyPrograms.load()
    for program in empty.programs() { try? empty.attach(program.name) }
    empty.detach()
    return Programs(set: set, empty: empty)
  }

  func attachDefault() throws(BPFError) {
    for object in set.kernel.loaded { try object.reattach() }
  }

  mutating func attachEmpty() throws(BPFError) {
    try empty.reattach()
  }

  mutating func detach() {
    for object in set.kernel.loaded { object.detach() }
    empty.detach()
  }
}
