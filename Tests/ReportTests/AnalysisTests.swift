import Recording
import Testing

@testable import Report

@Suite struct AnalysisTests {
  private static func total(_ values: [UInt64?], change: (inout MadeUp) -> Void = { _ in }) throws -> Figures.Curve {
    var made = MadeUp(seconds: values.count - 1)
    made.counter("syscalls", #"syscall="read",category="file""#, values)
    change(&made)
    return try #require(made.figures.charts.first { $0.id == "syscalls" }?.curves.first)
  }

  @Test(
    arguments: [
      // what was there at the first collection had been before
      ([100, 110, 130], 30),
      // what comes later has begun at 0
      ([nil, 110, 130], 130),
      // what ends keeps what it had
      ([100, 150, nil], 50),
      // and goes on where it comes back as it was
      ([100, 150, nil, 170], 70),
      // what falls has begun anew
      ([100, 150, 20], 70), ([100, 150, nil, 20], 70),
      ([0, UInt64.max, UInt64.max], Int64.max),
    ] as [([UInt64?], Int64)])
  func aCounterRises(_ values: [UInt64?], _ rise: Int64) throws {
    #expect(try Self.total(values).total == Exact(rise, digits: 0))
  }

  @Test func ratesAreOfTheTimeThatPassed() throws {
    let curve = try Self.total([0, 10, 30]) { made in
      made.times[2] = RecordedTime(milliseconds: made.times[2].milliseconds, elapsed: 4_000_000_000)
    }
    #expect(curve.rates == [10, 5])
  }

  /// What happened in a gap is known in total, and not when.
  @Test(arguments: [
    RecordedTime(milliseconds: 0, elapsed: 1_000_000_000, suspended: 60_000_000_000),
    RecordedTime(milliseconds: 0, elapsed: 5_000_000_000, missed: 4),
  ])
  func aGapHasNoRate(_ time: RecordedTime) throws {
    let curve = try Self.total([0, 10, 30, 60]) { $0.times[2] = time }
    #expect(curve.rates == [10, nil, 30])
    #expect(curve.total == Exact(60, digits: 0))
  }

  @Test func aClockThatIsSetLeavesRatesAsTheyAre() throws {
    var made = MadeUp(seconds: 2)
    made.counter("syscalls", #"syscall="read",category="file""#, [0, 10, 30])
    made.times[1] = RecordedTime(milliseconds: 5, elapsed: 1_000_000_000, step: -3000)
    let figures = made.figures
    #expect(figures.charts.first?.curves.first?.rates == [10, 20])
    #expect(figures.gaps.map(\.kind) == ["clock"])
    #expect(figures.gaps.first?.detail == "the clock was set back by 3 s")
  }

  @Test func gapsAreWhereTheyWere() {
    var made = MadeUp(seconds: 3)
    made.times[2] = RecordedTime(milliseconds: 0, elapsed: 1_000_000_000, suspended: 60_000_000_000)
    let figures = made.figures
    #expect(figures.gaps.map(\.start) == [1])
    #expect(figures.gaps.map(\.end) == [62])
    #expect(figures.bins.map(\.end) == [1, 62, 63])
    #expect(figures.bins.map(\.seconds) == [1, 0, 1])
    // awake
    #expect(figures.elapsed == 3_000_000_000)
  }

  @Test func seriesAreSummedByWhatIsAsked() throws {
    var made = MadeUp(seconds: 1)
    made.counter("syscalls", #"syscall="read",category="file""#, [0, 1])
    made.counter("syscalls", #"syscall="write",category="file""#, [0, 2])
    made.counter("syscalls", #"syscall="getpid",category="process""#, [0, 4])
    made.counter("network_packets", #"device="eth0",direction="receive""#, [0, 8])
    made.counter("network_packets", #"device="other",direction="receive""#, [0, 16])
    let totals = made.figures.charts.flatMap(\.curves).map { "\($0.name) \($0.total.text)" }
    #expect(totals == ["process 4", "file 3", "receive 8"])
  }

  /// A long recording is shown by no more bins than a plot has room for, and none of it is lost.
  @Test(arguments: [1, 159, 160, 161, 5000]) func binsHoldAll(_ seconds: Int) throws {
    var made = MadeUp(seconds: seconds)
    made.counter("syscalls", #"syscall="read",category="file""#, (0...seconds).map { UInt64($0) })
    let figures = made.figures
    #expect(figures.bins.count == min(seconds, 160))
    #expect(figures.bins.map(\.seconds).reduce(0, +) == Double(seconds))
    #expect(zip(figures.bins, figures.bins.dropFirst()).allSatisfy { $0.end == $1.start })
    #expect(figures.charts.first?.curves.first?.rates.allSatisfy { $0 == 1 } == true)
  }

  @Test func energyAddsUpExactly() throws {
    let figures = MadeUp.machine.figures
    #expect(figures.divisions.map(\.measured) == [Exact(100_000_010, digits: 6), Exact(100_000_010, digits: 6)])
    #expect(figures.divisions.map(\.package) == [nil, "0"])
    let processes = try #require(figures.processes)
    #expect(processes.top.map(\.pid) == (3...12).reversed().map(String.init))
    #expect(processes.restCount == 2)
    #expect(processes.rest.energy == Exact(1_500_000, digits: 6))
    #expect(processes.other.energy == Exact(21_000_000, digits: 6))
    #expect(figures.sumOfProcesses == figures.divisions.first?.measured)
    #expect(figures.difference.value == 0)
  }

  @Test func histogramsAreWhatCame() throws {
    let latency = try #require(MadeUp.machine.figures.latencies.first)
    #expect(latency.distribution.count == 40)
    #expect(latency.distribution.slots[1] == 10)
    #expect(latency.distribution.slots[3] == 30)
    #expect(latency.distribution.sum == 0.000_01)
    #expect(latency.bins.map { $0[3] } == [UInt64](repeating: 3, count: 10))
  }

  @Test func loadTrackingIsHeldAgainstTheTruth() throws {
    let load = try #require(MadeUp.machine.figures.load)
    let estimate = try #require(load.estimate("io_bound", "util_avg"))
    #expect(abs((estimate.error ?? 0) - 0.15) < 1e-9)
    #expect(estimate.windows == 40)
    #expect(estimate.parts.count == 10)
    #expect((estimate.standardError ?? 1) < 1e-9)
    // between an eighth and a quarter, all of them
    #expect(estimate.quantile(0.5).map { $0 > 0.125 && $0 <= 0.25 } == true)
    let steps = try #require(load.steps("bursty", "up"))
    #expect(steps.count == 40)
    #expect(steps.behind(after: -4) == 1)
    #expect(steps.behind(after: -3) == 0.5)
    #expect(load.invariance == "none")
    let answers = load.answers.flatMap(\.lines)
    #expect(
      answers.contains { $0.hasPrefix("I/O-bound tasks: util_avg is 15.0 % ± 0.0 % above what they ran (40 windows") })
    #expect(answers.contains { $0.hasPrefix("Bursty tasks, up: 100 ms on average") && $0.contains("; 20 of 40 steps") })
  }

  @Test func whatIsMissingIsNamed() {
    let missing = MadeUp(seconds: 1).figures.missing
    #expect(missing.contains { $0 == ("energy_joules", "energy") })
    #expect(!MadeUp.machine.figures.missing.contains { $0.collector == "energy" })
  }

  @Test func recordingsAreCompared() throws {
    var other = MadeUp.machine
    other.counter("syscalls", #"syscall="write",category="file""#, other.times.indices.map { UInt64($0) * 50 })
    let comparison = Comparison([MadeUp.machine.figures, other.figures, MadeUp(seconds: 2).figures])
    let calls = try #require(comparison.rows.first { $0.id == "syscalls" })
    #expect(calls.values == [100, 150, nil])
    #expect(calls.change == nil)
    let two = Comparison([MadeUp.machine.figures, other.figures])
    #expect(two.rows.first { $0.id == "syscalls" }?.change == 0.5)
    #expect(two.rows.first { $0.id == "to idle" }?.change == 0)
  }
}
