import BPF
import Collectors

/// CPU time of a collection where the maps have elements of more CPUs than there are: what those cost that nobody touches.
enum CPUCountCosts {
  private static let collections = 41

  static func run() throws {
    print("== CPU time of one collection, all collectors of the default set, by possible CPUs ==")
    var table = Table("CPUs", "ms", "least", "dearest collectors, ms")
    for cpus in [PossibleCPUs.end, 64, 256] {
      try PossibleCPUs.$simulatedEnd.withValue(cpus) {
        guard let set = DefaultSet(form: SchedulerPrograms.Form.allCases[0]) else { return }
        _ = try set.collect()
        var all: [Double] = []
        var costs: [String: [Double]] = [:]
        for _ in 0..<collections {
          let collection = try set.collect()
          all.append(Double(collection.values.reduce(0, +)) / 1e6)
          for (name, cost) in collection { costs[name, default: []].append(Double(cost) / 1e6) }
        }
        let dearest = costs.mapValues(\.median).sorted { $0.value > $1.value }.prefix(4)
        table.add(
          "\(cpus)", all.median.text(2), all.quantile(0).text(2),
          dearest.map { "\($0.key) \($0.value.text(2))" }.joined(separator: ", "))
      }
    }
    table.print()
  }
}
