import Fixtures
import Testing

@testable import Collecting

/// When collectors go and come back. Costs here are in hundredths of a CPU, and so is the limit.
@Suite struct BudgetTests {
  /// A machine whose programs cost so much at full load, and what else there is.
  private struct Machine {
    var costs: [String: Double]
    var rest = 1.0
    var load = 1.0
    var shed: [String] = []
    var budget: Budget

    init(limit: Double, _ costs: [String: Double]) {
      self.costs = costs
      budget = Budget(limit: limit / 100)
    }

    var total: Double {
      costs.filter { !shed.contains($0.key) }.values.reduce(rest, +) * load / 100
    }

    /// Makes a check and does what it says: `-name`, `+name`, `!`, or nothing.
    mutating func check() -> String? {
      let running = costs.filter { !shed.contains($0.key) }.mapValues { $0 * load / 100 }
      switch budget.check(Budget.Costs(total: total, collectors: running)) {
      case nil: return nil
      case .helpless: return "!"
      case .down(let collector, _, _):
        shed.append(collector)
        return "-" + collector
      case .up(let collector, _, _):
        #expect(shed.popLast() == collector)
        return "+" + collector
      }
    }

    /// The steps of so many checks, with the number of each check from 1 on.
    mutating func checks(_ count: Int) -> [String] {
      (1...count).compactMap { number in check().map { "\(number)\($0)" } }
    }
  }

  @Test func underTheLimitNothingHappens() {
    var machine = Machine(limit: 10, ["one": 4, "two": 5])
    #expect(machine.total * 100 == 10)
    #expect(machine.checks(200) == [])
    #expect(machine.budget.level == 0)
  }

  @Test func threeChecksOverTakeTheCostliestUntilItIsUnder() {
    var machine = Machine(limit: 10, ["cheap": 2, "costly": 9, "middle": 8])
    #expect(machine.checks(2) == [])
    #expect(machine.check() == "-costly")
    #expect(machine.budget.level == 1)
    #expect(machine.checks(3) == ["3-middle"])
    #expect(machine.checks(9) == [])
    #expect(machine.budget.level == 2)
  }

  @Test func oneCheckUnderBreaksTheRow() {
    var machine = Machine(limit: 10, ["one": 20])
    for _ in 1...5 {
      machine.load = 1
      #expect(machine.checks(2) == [])
      machine.load = 0.1
      #expect(machine.check() == nil)
    }
  }

  /// The mean over the checks that were over counts, not the last of them.
  @Test func theCostliestIsThatOfAllThreeChecks() {
    var budget = Budget(limit: 0.1)
    let both = { (a: Double, b: Double) in Budget.Costs(total: 0.2, collectors: ["a": a, "b": b]) }
    #expect(budget.check(both(0.09, 0.01)) == nil)
    #expect(budget.check(both(0.09, 0.01)) == nil)
    guard case .down("a", let cost, let total) = budget.check(both(0, 0.06)) else {
      Issue.record("a is the costliest")
      return
    }
    #expect(abs(cost - 0.06) < 1e-9)
    #expect(abs(total - 0.2) < 1e-9)
  }

  @Test func whatCostsNothingStays() {
    var machine = Machine(limit: 10, ["idle": 0, "trifle": 0.09])
    machine.rest = 30
    #expect(machine.checks(30) == ["3!"])
    #expect(machine.budget.level == 0)
    // told again once it has been under
    machine.load = 0.1
    #expect(machine.checks(1) == [])
    machine.load = 1
    #expect(machine.checks(9) == ["3!"])
  }

  @Test func theyComeBackInTurnAsTheLoadGoes() {
    var machine = Machine(limit: 10, ["costly": 12, "middle": 9])
    machine.rest = 2
    #expect(machine.checks(6) == ["3-costly", "6-middle"])
    machine.load = 0.9
    #expect(machine.checks(40) == [])
    machine.load = 0.2
    #expect(machine.checks(20) == ["10+middle", "20+costly"])
    #expect(machine.budget.level == 0)
    #expect(machine.checks(100) == [])
  }

  /// It fits below the limit, but not with a tenth to spare.
  @Test func closeToTheLimitNoneComesBack() {
    var machine = Machine(limit: 10, ["one": 10])
    #expect(machine.checks(3) == ["3-one"])
    machine.load = 0.85
    #expect(machine.checks(40) == [])
    machine.load = 0.8
    #expect(machine.checks(10) == ["10+one"])
  }

  /// Its own events were many, and nothing else tells that they are no more.
  @Test func withHalfTheLimitUnusedForLongItIsTried() {
    var machine = Machine(limit: 10, ["one": 20])
    #expect(machine.checks(3) == ["3-one"])
    machine.costs["one"] = 0.5
    #expect(machine.checks(60) == ["60+one"])
    #expect(machine.checks(200) == [])
  }

  /// Each vain return doubles the wait for the next, up to 64 times.
  @Test func vainReturnsBecomeRare() {
    var machine = Machine(limit: 10, ["one": 20])
    #expect(machine.checks(3) == ["3-one"])
    for wait in [1, 2, 4, 8, 16, 32, 64, 64, 64] {
      #expect(machine.checks(60 * wait) == ["\(60 * wait)+one"])
      #expect(machine.checks(3) == ["3-one"])
    }
    // until one has stayed
    machine.costs["one"] = 5
    #expect(machine.checks(60 * 64) == ["\(60 * 64)+one"])
    #expect(machine.checks(60) == [])
    machine.costs["one"] = 20
    #expect(machine.checks(3) == ["3-one"])
    machine.costs["one"] = 5
    #expect(machine.checks(60) == ["60+one"])
  }

  @Test func oneThatCannotComeBackIsTriedLater() {
    var budget = Budget(limit: 0.1)
    let over = Budget.Costs(total: 0.3, collectors: ["one": 0.2])
    let idle = Budget.Costs(total: 0.01, collectors: [:])
    for _ in 1...2 { #expect(budget.check(over) == nil) }
    guard case .down("one", _, _) = budget.check(over) else {
      Issue.record("nothing was shed")
      return
    }
    func waits() -> Int {
      for number in 1... {
        if case .up("one", let cost, let total) = budget.check(idle) {
          budget.failed(toBringBack: "one", cost: cost, rest: total)
          return number
        }
        if number > 1000 { break }
      }
      return 0
    }
    #expect([waits(), waits(), waits()] == [10, 20, 40])
    #expect(budget.level == 1)
  }

  /// Whatever is measured: as many steps down as there are collectors at most, never two of one collector in a row without a
  /// return, no return without a step down, and none where it is over.
  @Test func anyCostsMakeAValidLadder() {
    var random = Generator(seed: 27)
    for _ in 1...200 {
      var machine = Machine(limit: .random(in: 0.1...20, using: &random), [:])
      for name in ["a", "b", "c", "d"] { machine.costs[name] = .random(in: 0...10, using: &random) }
      for _ in 1...300 {
        if Int.random(in: 0..<10, using: &random) == 0 { machine.load = .random(in: 0...3, using: &random) }
        let (before, total) = (machine.shed, machine.total)
        let step = machine.check()
        #expect(Set(machine.shed).count == machine.shed.count)
        #expect(machine.budget.level == machine.shed.count)
        if step?.hasPrefix("+") == true { #expect(total <= machine.budget.limit && !before.isEmpty) }
        if step?.hasPrefix("-") == true { #expect(total > machine.budget.limit) }
      }
    }
  }
}
