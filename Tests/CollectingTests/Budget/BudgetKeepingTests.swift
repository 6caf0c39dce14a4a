import Synchronization
import Testing

@testable import Collecting
@testable import Exposition

/// What a set does with its collectors as the budget says.
@Suite struct BudgetKeepingTests {
  /// What the fakes cost and do; times in nanoseconds, costs in CPUs.
  private final class Stage: Sendable {
    struct State {
      var clock: UInt64 = 1_000_000_000_000
      var cpuTime: UInt64 = 0
      /// CPU time of one collection, by collector.
      var reading: [String: UInt64] = [:]
      var programs: [String: Double] = [:]
      var rest = 0.0
      var isMeasured = true
      var fails = false
      var calls: [String] = []
      var events: [String] = []
      var restarts: [String: UInt64] = [:]
    }

    let state = Mutex(State())

    subscript<Value: Sendable>(path: any WritableKeyPath<State, Value> & Sendable) -> Value {
      get { state.withLock { $0[keyPath: path] } }
      set { state.withLock { $0[keyPath: path] = newValue } }
    }
  }

  private class Plain: Collector {
    let (name, stage): (String, Stage)

    init(_ name: String, _ stage: Stage) { (self.name, self.stage) = (name, stage) }

    func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
      stage.state.withLock { $0.cpuTime += $0.reading[name] ?? 0 }
      writer.begin(Family(unprefixed: name, .counter, help: "Fake."))
      writer.unsigned(1)
    }
  }

  private final class Sheddable: Plain, SheddableCollector {
    var canBeShed: Bool { name != "needed" }
    func shed() { stage.state.withLock { $0.calls.append("shed \(name)") } }

    func comeBack() throws(CollectorFailure) {
      let fails = stage.state.withLock { state in
        state.calls.append("back \(name)")
        return state.fails
      }
      if fails { throw CollectorFailure(.hook, "refused", cure: "none") }
    }
  }

  private final class Meter: Plain, CostMeter {
    let samplingInterval: UInt64 = 1
    private var isNew = false

    func sample(now: UInt64) { isNew = true }

    func takeCosts() -> Budget.Costs? {
      defer { isNew = false }
      return stage.state.withLock { state in
        guard isNew, state.isMeasured else { return nil }
        return Budget.Costs(total: state.programs.values.reduce(state.rest, +), collectors: state.programs)
      }
    }

    func stepped(_ collector: String, began: UInt64?) { stage.state.withLock { $0.restarts[collector] = began } }
  }

  private let stage = Stage()

  private func start(_ names: [String], plain: Set<String> = [], limit: Double?) -> CollectorSet {
    let definitions = names.map { name in
      CollectorDefinition<Stage>(name: name, summary: name, isOnByDefault: true, families: []) { stage in
        plain.contains(name) ? Plain(name, stage) : Sheddable(name, stage)
      }
    }
    return CollectorSet(
      definitions, enabled: Set(names), context: { [stage] in stage }, program: { Meter("own", $0) },
      beside: { other, own in
        own()
        other()
      }, now: { [stage] in stage[\.clock] }, clock: SeriesClock(monotonic: 0, realtime: 0),
      budget: BudgetSettings(limit: limit, cpuTime: { [stage] in stage[\.cpuTime] }),
      report: { [stage] event in
        guard case .budget(let step, let failure, _, let level) = event else { return }
        let text =
          switch step {
          case .down(let name, _, _): "down \(name) \(level)"
          case .up(let name, _, _): failure == nil ? "up \(name) \(level)" : "not up \(name) \(level)"
          case .helpless: "helpless \(level)"
          }
        stage.state.withLock { $0.events.append(text) }
      })
  }

  /// Ten seconds and a check, so many times.
  private func check(_ set: CollectorSet, _ count: Int = 1) {
    for _ in 0..<count {
      stage[\.clock] += 10_000_000_000
      _ = set.sampleDue()
    }
  }

  private func shown(_ set: CollectorSet) -> [String] { set.collect(CollectorSelection()).texts }

  @Test func theCostliestIsShedAndComesBackAnew() throws {
    let set = start(["cheap", "costly"], limit: 0.1)
    stage[\.programs] = ["cheap": 0.03, "costly": 0.2]
    check(set, 2)
    #expect(shown(set).contains("overhead_level 0"))
    check(set)
    #expect(stage[\.events] == ["down costly 1"])
    #expect(stage[\.calls] == ["shed costly"])
    let without = shown(set)
    #expect(without.contains(#"collector_up{collector="costly",reason="budget"} 0"#))
    #expect(without.contains(#"collector_up{collector="cheap",reason=""} 1"#))
    #expect(without.contains("cheap 1") && !without.contains("costly 1"))
    #expect(!without.contains { $0.contains(#"scrape_collector_success{collector="costly""#) })
    #expect(without.contains("overhead_level 1"))
    #expect(set.states.last?.failure?.isFault == false)

    stage[\.programs] = ["cheap": 0.001]
    check(set, 9)
    #expect(stage[\.events].count == 1)
    check(set)
    #expect(stage[\.events].last == "up costly 0")
    #expect(stage[\.calls].last == "back costly")
    let parts = set.collect(CollectorSelection())
    #expect(parts.texts.contains("costly 1"))
    #expect(parts.texts.contains(#"collector_up{collector="costly",reason=""} 1"#))
    #expect(parts.texts.contains("overhead_level 0"))
    // it counts since then, the other one since the start
    let starts = Dictionary(
      uniqueKeysWithValues: parts.compactMap { part in
        part.samples.first.map { (part.families[$0.family].name, $0.start < 0 ? nil : part.starts[$0.start]) }
      })
    #expect(starts["costly"] == stage[\.clock] / 1_000_000)
    #expect(starts["cheap"] == 0)
    #expect(stage[\.restarts] == ["costly": stage[\.clock]])
  }

  /// Reading it is a cost of its own; what others read too ends no cost.
  @Test func costsAreProgramsAndReadingOfWhatCanBeShed() {
    let set = start(["reads", "runs", "needed", "plain"], plain: ["plain"], limit: 0.1)
    stage[\.programs] = ["runs": 0.05, "needed": 5, "plain": 9]
    // 0.08 of 10 s
    stage[\.reading] = ["reads": 800_000_000]
    for _ in 1...3 {
      _ = shown(set)
      check(set)
    }
    #expect(stage[\.events] == ["down reads 1"])
    check(set, 3)
    #expect(stage[\.events].last == "down runs 2")
    check(set, 6)
    #expect(stage[\.events] == ["down reads 1", "down runs 2", "helpless 2"])
  }

  @Test func whatCannotComeBackSaysWhy() {
    let set = start(["one"], limit: 0.1)
    stage[\.programs] = ["one": 1]
    stage[\.rest] = 0.2
    check(set, 3)
    stage[\.programs] = [:]
    stage[\.rest] = 0.001
    stage[\.fails] = true
    check(set, 10)
    #expect(stage[\.events] == ["down one 1", "not up one 1"])
    #expect(stage[\.calls] == ["shed one", "back one", "shed one"])
    #expect(shown(set).contains(#"collector_up{collector="one",reason="hook"} 0"#))
    stage[\.fails] = false
    check(set, 20)
    #expect(stage[\.events].last == "up one 0")
    #expect(shown(set).contains(#"collector_up{collector="one",reason=""} 1"#))
  }

  @Test func withoutABudgetOrMeasurementsNothingIsShedAndNoLevelShown() {
    let free = start(["one"], limit: nil)
    stage[\.programs] = ["one": 100]
    check(free, 20)
    let blind = start(["one"], limit: 0.1)
    stage[\.isMeasured] = false
    check(blind, 20)
    for set in [free, blind] {
      #expect(shown(set).contains("one 1"))
      #expect(!shown(set).contains { $0.hasPrefix("overhead_level") })
    }
    #expect(stage[\.events] == [])
  }

  @Test func sharesAreShownInPercent() {
    #expect(percent(0.0125) == "1.25 %")
    #expect(percent(0.02) == "2.00 %")
    #expect(percent(12) == "1200.00 %")
    #expect(percent(-1) == "0.00 %")
    #expect(percent(.infinity) == "184467440737095516.15 %")
  }
}
