internal import Readings

/// What the machine as a whole did between two readings; nil and empty where nobody counts it.
package struct MachineFigures: Sendable, Hashable {
  package struct Zone: Sendable, Hashable {
    package let source: String
    package let package: String
    package let zone: String
    package let watts: Double
  }

  /// Bytes a second of a disk or a network device.
  package struct Device: Sendable, Hashable {
    package let name: String
    /// Read, or received.
    package let input: Double
    /// Written, or transmitted.
    package let output: Double
  }

  /// The machine's power, each joule once: what processes, kernel, idle and unattributed have together.
  package private(set) var watts: Double?
  /// Energy since the first reading.
  package private(set) var joules: Double?
  package private(set) var shares: [String: Double] = [:]
  package private(set) var zones: [Zone] = []
  package private(set) var isModelled = false
  /// Why there is no energy, as `collector_up` has it; nil where its collector runs, empty where nothing is said.
  package let energyReason: String?

  /// How many CPUs there are.
  package let cpus: Int
  /// CPU time by real time, by mode.
  package let cpu: [String: Double]
  package let switches: Double?
  /// Time that tasks waited for a CPU by real time, and how long each wait took in seconds.
  package let wait: Double?
  package let meanWait: Double?
  package let longWait: Double?
  package let disks: [Device]
  /// The time of a request that one in a hundred exceeds, in seconds.
  package let longRequest: Double?
  package let networks: [Device]

  /// Of one reading there is nothing but what it lacks.
  init(_ reading: Reading) { self.init(ReadingHistory(from: reading).standstill) }

  init(_ difference: Difference) {
    let seconds = difference.seconds
    func rates(_ family: String, by label: String) -> [String: Double] {
      guard seconds > 0 else { return [:] }
      return difference.increases(family).summed { $0[label] ?? "" }.mapValues { $0.double / seconds }
    }
    let states = difference.values(FamilyName.collectorUp).filter { $0.key["collector"] == "energy" }
    energyReason = states.isEmpty ? "" : states.first { $0.value.double != 1 }?.key["reason"]
    cpus = Set(difference.values(FamilyName.cpuTime).keys.compactMap { $0["cpu"] }).count
    cpu = rates(FamilyName.cpuTime, by: "mode")
    let switches = rates(FamilyName.switches, by: "kind")
    self.switches = switches.isEmpty ? nil : switches.values.reduce(0, +)
    let waits = seconds > 0 ? difference.histograms(FamilyName.waits).values.first : nil
    wait = waits.map { $0.sum.double / seconds }
    meanWait = waits?.mean
    longWait = waits?.quantile(0.99)
    disks = Self.devices(difference, FamilyName.diskBytes, "operation", ("read", "write"))
    let requests = difference.histograms(FamilyName.diskTimes).values
    longRequest = requests.dropFirst().reduce(requests.first) { $0?.adding($1) }?.quantile(0.99)
    networks = Self.devices(difference, FamilyName.networkBytes, "direction", ("receive", "transmit"))
  }

  /// Busiest first; `other` only where it does something.
  private static func devices(
    _ difference: Difference, _ family: String, _ label: String, _ directions: (String, String)
  ) -> [Device] {
    guard difference.seconds > 0 else { return [] }
    let increases = difference.increases(family)
    func rates(_ direction: String) -> [String: Double] {
      increases.filter { $0.key[label] == direction }.summed { $0["device"] ?? "" }
        .mapValues { $0.double / difference.seconds }
    }
    let (input, output) = (rates(directions.0), rates(directions.1))
    return Set(input.keys).union(output.keys).map {
      Device(name: $0, input: input[$0] ?? 0, output: output[$0] ?? 0)
    }
    .filter { $0.name != "other" || $0.input + $0.output > 0 }
    .sorted { ($1.input + $1.output, $0.name) < ($0.input + $0.output, $1.name) }
  }

  mutating func addPower(
    _ total: (watts: Double, joules: Double)?, shares: [(to: String, watts: Double)], zones: [Zone], isModelled: Bool
  ) {
    watts = total?.watts
    joules = total?.joules
    self.shares = Dictionary(uniqueKeysWithValues: shares.map { ($0.to, $0.watts) })
    self.zones = zones
    self.isModelled = isModelled
  }
}
