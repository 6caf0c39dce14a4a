package import Readings

/// What the machine, its processes and its control groups did between the last two readings.
package struct Activity: Sendable {
  private var history: ReadingHistory
  private var clock = EnergyClock()
  private var processEnergy = EnergyShares<Labels>()
  private var groupEnergy = EnergyShares<String>()
  private var attributedEnergy = EnergyShares<String>()
  private var zoneEnergy = EnergyShares<Labels>()

  package private(set) var machine: MachineFigures
  package private(set) var processes: [Row] = []
  package private(set) var groups: [Row] = []
  /// Real time between the last two readings; 0 with the first one only.
  package private(set) var seconds = 0.0

  package init(from first: Reading) {
    history = ReadingHistory(from: first)
    machine = MachineFigures(first)
  }

  /// Takes the next reading.
  package mutating func advance(to reading: Reading) {
    let difference = history.advance(to: reading)
    guard difference.seconds > 0 else { return }
    seconds = difference.seconds
    let energyTime = clock.seconds(of: difference)
    let processes = ProcessTotals(difference)
    processEnergy.add(processes.energy, in: energyTime)
    let groups = GroupTotals(difference, processes)
    groupEnergy.add(groups.energy, in: energyTime)
    attributedEnergy.add(difference.increases(FamilyName.attributed).summed { $0["to"] ?? "" }, in: energyTime)
    zoneEnergy.add(difference.increases(FamilyName.energy), in: energyTime)

    let living = processes.rows(seconds: seconds)
    processEnergy.keep(Set(living.map(\.key)))
    self.processes = living.map { key, row in with(row, processEnergy.watts(key), processEnergy.joules(key)) }
    let present = groups.rows(seconds: seconds)
    groupEnergy.keep(Set(present.map(\.key)))
    self.groups = present.map { key, row in with(row, groupEnergy.watts(key), groupEnergy.joules(key)) }
    addRest()
    machine = MachineFigures(difference)
    machine.addPower(
      attributedEnergy.total, shares: restWatts, zones: zoneWatts(difference), isModelled: isModelled(difference))
  }

  private func with(_ row: Row, _ watts: Double?, _ joules: Double?) -> Row {
    var row = row
    row.figures.watts = watts
    row.figures.joules = joules
    return row
  }

  /// What the energy goes to beside processes: with it, the table adds up to what was measured.
  private static let rest: [(to: String, kind: Row.Kind)] = [
    ("kernel", .kernel), ("idle", .idle), ("unattributed", .unattributed),
  ]

  private mutating func addRest() {
    for (to, kind) in Self.rest {
      // what divisions leave over is not worth a row
      guard let joules = attributedEnergy.joules(to), kind != .unattributed || joules >= 0.0005 else { continue }
      let row = with(Row(kind, name: to), attributedEnergy.watts(to), joules)
      processes.append(row)
      groups.append(row)
    }
    if let ended = processEnergy.ended { processes.append(with(Row(.ended, name: "ended"), ended.watts, ended.joules)) }
    if let ended = groupEnergy.ended { groups.append(with(Row(.ended, name: "ended"), ended.watts, ended.joules)) }
  }

  private var restWatts: [(to: String, watts: Double)] {
    ["processes", "kernel", "idle", "unattributed"].compactMap { to in attributedEnergy.watts(to).map { (to, $0) } }
  }

  private func zoneWatts(_ difference: Difference) -> [MachineFigures.Zone] {
    difference.values(FamilyName.energy).keys.compactMap { labels in
      zoneEnergy.watts(labels).map {
        MachineFigures.Zone(
          source: labels["source"] ?? "", package: labels["package"] ?? "", zone: labels["zone"] ?? "", watts: $0)
      }
    }.sorted { ($0.package, $0.zone, $0.source) < ($1.package, $1.zone, $1.source) }
  }

  private func isModelled(_ difference: Difference) -> Bool {
    difference.values(FamilyName.attributed).keys.contains { $0["source"] == "model" }
  }
}

extension [Labels: Number] {
  /// Sums by what `key` makes of the labels.
  func summed<Sum: Hashable>(_ key: (Labels) -> Sum) -> [Sum: Number] {
    var sums: [Sum: Number] = [:]
    for (labels, number) in self { sums[key(labels), default: .zero] += number }
    return sums
  }
}
