/// Decides which collectors are shed so that the program costs no more than it may, and when they come back: no I/O, and no
/// clock but the checks it is told of. Costs are in CPUs (1 is one CPU, fully used).
///
/// Over the limit for three checks in a row: the costliest of those that can be shed goes. Well under it for ten: the one that
/// went last comes back. Well under is a total that, with what the returning one is expected to cost, stays a tenth below the
/// limit. It is expected to cost what it did, in the proportion in which all else costs now what it did then: what all
/// programs cost follows what the machine does. Where only its own events have become fewer, all else tells nothing: half of
/// the limit unused for sixty checks in a row suffices, too.
///
/// Each time one that came back has to go again before sixty checks have passed, the waits double, up to 64 times; they are
/// the first ones again once one has stayed.
package struct Budget: Sendable {
  /// What was measured since the check before.
  package struct Costs: Sendable, Hashable {
    /// Of everything: eBPF programs and the program's own CPU time.
    package var total: Double
    /// Of what can be shed and runs: what would no longer be spent without it.
    package var collectors: [String: Double]

    package init(total: Double, collectors: [String: Double]) {
      self.total = total
      self.collectors = collectors
    }
  }

  /// What is to be done, and the figures that say why: means over the checks that led to it.
  package enum Step: Sendable, Hashable {
    /// To be shed.
    case down(collector: String, cost: Double, total: Double)
    /// To be brought back; `cost` is what is expected of it.
    case up(collector: String, cost: Double, total: Double)
    /// Over the limit, with nothing left that costs anything and can be shed; told once until it is under it again.
    case helpless(total: Double)
  }

  private struct Shed {
    let collector: String
    /// What it cost, and all else, in the checks that led to it.
    let cost: Double
    let rest: Double
  }

  static let checksOver = 3
  static let checksUnder = 10
  /// With half of the limit unused.
  static let checksIdle = 60
  /// One that stays for so many has come back for good.
  static let trial = 60
  private static let longestWait = 64
  private static let headroom = 0.9
  private static let idle = 0.5
  /// What costs less, of the limit, is not worth its absence.
  private static let leastShare = 0.01

  /// In CPUs.
  package let limit: Double
  private var shed: [Shed] = []
  /// In a row, over the limit, and what was measured in each.
  private var over: [Costs] = []
  private var under = 0
  private var idleChecks = 0
  private var wait = 1
  /// Checks since one came back that has not stayed long enough yet.
  private var sinceReturn: Int?
  private var isHelpless = false

  package init(limit: Double) { self.limit = limit }

  /// How many steps down it is.
  package var level: Int { shed.count }

  /// Takes note of a check. What it asks for is taken to be done, unless `failed` says otherwise.
  package mutating func check(_ costs: Costs) -> Step? {
    if let checks = sinceReturn { sinceReturn = checks + 1 }
    if sinceReturn == Self.trial {
      sinceReturn = nil
      wait = 1
    }
    if costs.total > limit {
      (under, idleChecks) = (0, 0)
      over.append(costs)
      return over.count < Self.checksOver ? nil : stepDown()
    }
    over = []
    isHelpless = false
    return stepUp(costs.total)
  }

  /// One that was to come back could not, and is where it was; it is tried again after twice the time.
  package mutating func failed(toBringBack collector: String, cost: Double, rest: Double) {
    sinceReturn = nil
    wait = min(Self.longestWait, wait * 2)
    shed.append(Shed(collector: collector, cost: cost, rest: rest))
  }

  private mutating func stepDown() -> Step? {
    func mean(_ value: (Costs) -> Double?) -> Double { over.reduce(0) { $0 + (value($1) ?? 0) } / Double(over.count) }
    let total = mean(\.total)
    let candidates = (over.last?.collectors.keys.sorted() ?? []).map { name in (name, mean { $0.collectors[name] }) }
    over = []
    guard let (collector, cost) = candidates.max(by: { $0.1 < $1.1 }), cost > limit * Self.leastShare else {
      if isHelpless { return nil }
      isHelpless = true
      return .helpless(total: total)
    }
    if sinceReturn != nil {
      sinceReturn = nil
      wait = min(Self.longestWait, wait * 2)
    }
    shed.append(Shed(collector: collector, cost: cost, rest: max(0, total - cost)))
    return .down(collector: collector, cost: cost, total: total)
  }

  private mutating func stepUp(_ total: Double) -> Step? {
    guard let last = shed.last else { return nil }
    let expected = last.rest > 0 ? last.cost * min(1, total / last.rest) : last.cost
    under = total + expected <= limit * Self.headroom ? under + 1 : 0
    idleChecks = total <= limit * Self.idle ? idleChecks + 1 : 0
    guard under >= Self.checksUnder * wait || idleChecks >= Self.checksIdle * wait else { return nil }
    (under, idleChecks) = (0, 0)
    sinceReturn = 0
    shed.removeLast()
    return .up(collector: last.collector, cost: expected, total: total)
  }
}
