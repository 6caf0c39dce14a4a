/// Tells the budget what collectors cost, and does what it says with them.
struct BudgetKeeper {
  /// A step that was taken.
  struct Taken {
    let step: Budget.Step
    /// Why its collector is down now; nil: it is up.
    var change: (collector: String, failure: CollectorFailure?)?
    /// When it began to count anew.
    var began: UInt64?
  }

  private var budget: Budget
  /// When costs were taken last, by CLOCK_MONOTONIC in nanoseconds.
  private var last: UInt64

  init(_ budget: Budget, at now: UInt64) {
    self.budget = budget
    last = now
  }

  var level: Int { budget.level }
  var limit: Double { budget.limit }

  /// Takes note of `costs`, in which only programs are the collectors', and takes the step that they call for.
  mutating func check(_ costs: Budget.Costs, of running: inout [Running], now: UInt64) -> Taken? {
    var costs = costs
    let elapsed = Double(max(1, now > last ? now - last : 0))
    last = now
    let programs = costs.collectors
    costs.collectors = [:]
    for index in running.indices {
      let own = Double(running[index].cpuTime) / elapsed
      running[index].cpuTime = 0
      if running[index].isShed || running[index].sheddable == nil { continue }
      let name = running[index].name
      costs.collectors[name] = (programs[name] ?? 0) + own
    }
    return budget.check(costs).map { take($0, of: &running, now: now) }
  }

  private mutating func take(_ step: Budget.Step, of running: inout [Running], now: UInt64) -> Taken {
    func index(of name: String) -> Int? { running.firstIndex { $0.name == name } }
    switch step {
    case .helpless: return Taken(step: step)
    case .down(let name, let cost, _):
      guard let index = index(of: name), let collector = running[index].sheddable else { return Taken(step: step) }
      collector.shed()
      running[index].isShed = true
      running[index].isFailing = false
      return Taken(step: step, change: (name, Self.shed(cost: cost, limit: limit)))
    case .up(let name, let cost, let total):
      guard let index = index(of: name), let collector = running[index].collector as? any SheddableCollector else {
        return Taken(step: step)
      }
      do throws(CollectorFailure) {
        // before the first event that it counts, also by a clock that was read earlier
        try collector.comeBack()
      } catch {
        collector.shed()
        budget.failed(toBringBack: name, cost: cost, rest: total)
        return Taken(step: step, change: (name, error))
      }
      running[index].isShed = false
      running[index].began = now
      return Taken(step: step, change: (name, running[index].unavailability), began: now)
    }
  }

  private static func shed(cost: Double, limit: Double) -> CollectorFailure {
    CollectorFailure(
      .budget, "it cost \(percent(cost)) of a CPU, and all may cost \(percent(limit))",
      cure: "raise --budget.cpu, or leave it out with --no-collector.NAME")
  }
}

/// A share of one CPU as people read it, with two digits behind the point: `1.25 %`.
package func percent(_ cpus: Double) -> String {
  let hundredths = UInt64(exactly: (max(0, cpus) * 10_000).rounded()) ?? .max
  let rest = hundredths % 100
  return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) %"
}
