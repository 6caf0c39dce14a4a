import Collectors

/// What it costs an event to tell eighths of powers of two apart (`--web.native-histograms`), beside the same program that
/// counts powers of two, at the same hook in the same windows.
enum FineSlotCosts {
  private static let windows = 7
  /// At most, as a ratio.
  private static let goal = 1.02

  static func run() throws {
    print("== Fine histograms: ns per event, beside the same programs with powers of two, attached first and last ==")
    let statistics = try RunTimeStatistics()
    defer { statistics.switchOff() }
    let loads = EventCosts.loads
    var ratios: [String: [[Double]]] = [:]
    var costs: [String: [Double]] = [:]
    // whoever is called first finds colder caches
    for fineIsFirst in [false, true, false, true] {
      guard let one = set(isFine: fineIsFirst), let other = set(isFine: !fineIsFirst) else { return }
      let (fine, coarse) = fineIsFirst ? (one, other) : (other, one)
      var inThisOrder: [String: [Double]] = [:]
      for load in loads {
        for _ in 0..<windows {
          let before = (coarse.statistics(), fine.statistics())
          guard load.run(EventCosts.windowNanoseconds) >= 0 else { break }
          let after = (coarse.statistics(), fine.statistics())
          for program in load.programs {
            guard let own = EventCosts.difference(before.1[program], after.1[program]),
              let floor = EventCosts.difference(before.0[program], after.0[program])
            else { continue }
            inThisOrder["\(load.name): \(program)", default: []].append(own.perRun / floor.perRun)
            costs["\(load.name): \(program)", default: []].append(floor.perRun)
          }
        }
      }
      for (name, values) in inThisOrder { ratios[name, default: []].append(values) }
    }
    var table = Table("load: program", "ns", "x as fine", "first, last", "to reach", "")
    for load in loads {
      for program in load.programs {
        let name = "\(load.name): \(program)"
        guard let orders = ratios[name], orders.count == 4, let cost = costs[name]?.median else { continue }
        let last = (orders[0] + orders[2]).median
        let first = (orders[1] + orders[3]).median
        let ratio = (first * last).squareRoot()
        table.add(
          name, cost.text(1), ratio.text(3), "\(first.text(3)), \(last.text(3))", goal.text(2),
          ratio <= goal ? "reached" : "missed")
      }
    }
    table.print()
  }

  private static func set(isFine: Bool) -> DefaultSet? {
    DefaultSet(form: SchedulerPrograms.Form.allCases[0], names: Set(Registry.collectors.map(\.name))) {
      $0.hasFineHistograms = isFine
      $0.syscalls.timing = .all
    }
  }
}
