import BPF
import CBench
import Collectors
import Glibc

/// How much slower a pipe ping-pong is with the default set attached, by attaching and detaching it inside one process.
enum Slowdown {
  private static let cycles = 50
  private static let halfNanoseconds: UInt64 = 120_000_000
  /// Triples whose two OFF halves differ by more are dropped.
  private static let drift = 1.03

  private struct Row {
    let name: String
    var attached: (inout Programs) throws(BPFError) -> Void
  }

  static func run() throws {
    print("== Slowdown of a pipe ping-pong on one CPU, statistics off, OFF/ON/OFF triples ==")
    var programs = try Programs.load()
    var table = Table("attached", "triples", "p10", "median", "p90")
    let rows = [
      Row(name: "nothing (null row)", attached: { (_: inout Programs) throws(BPFError) in }),
      Row(name: "empty programs", attached: { (all: inout Programs) throws(BPFError) in try all.attachEmpty() }),
      Row(name: "the default set", attached: { (all: inout Programs) throws(BPFError) in try all.attachDefault() }),
    ]
    let (ratios, off) = try triples(&programs, rows)
    for (row, kept) in zip(rows, ratios) {
      table.add(
        row.name, "\(kept.count)", kept.quantile(0.1).text(3), kept.median.text(3), kept.quantile(0.9).text(3))
    }
    table.print()
    let verdict = ratios[2].median <= 1.15 ? "reached" : "missed"
    print("a round with nothing attached: \(off.text(0)) ns")
    print("with the default set on: \(ratios[2].median.text(3)) (goal 1.15: \(verdict))")
  }

  /// The rows take turns, so that they see the same machine. Returns the ratios of each, and the quickest half's round.
  private static func triples(_ programs: inout Programs, _ rows: [Row]) throws -> (kept: [[Double]], off: Double) {
    var peer = cbench_peer()
    guard cbench_peer_start(&peer, 0, 0) == 0 else { throw BenchError("cannot start a ping-pong") }
    defer { cbench_peer_stop(&peer) }
    var kept: [[Double]] = rows.map { _ in [] }
    var before = half(&peer)
    var lowest = before
    for _ in 0..<cycles {
      for (index, row) in rows.enumerated() {
        try row.attached(&programs)
        let on = half(&peer)
        programs.detach()
        let after = half(&peer)
        if max(before, after) / min(before, after) < drift { kept[index].append(on / ((before + after) / 2)) }
        lowest = min(lowest, after)
        before = after
      }
    }
    return (kept, lowest)
  }

  /// The best mode of one half: what the quickest tenth of its batches took for a round, after a moment to settle.
  private static func half(_ peer: inout cbench_peer) -> Double {
    usleep(2000)
    var rounds: [Double] = []
    let start = now()
    while now() - start < halfNanoseconds { rounds.append(cbench_peer_rounds(&peer, 25)) }
    return rounds.quantile(0.1)
  }

  private static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
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
    for program in empty.programs() { try empty.attach(program.name) }
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
