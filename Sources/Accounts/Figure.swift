/// One figure of a tree's account, for people and for statistics over several runs.
package struct Figure: Sendable, Hashable {
  package enum Unit: Sendable, Hashable {
    case joules
    case seconds
    case bytes
    /// Of a ratio: without a unit.
    case ratio
    case count
  }

  /// As the JSON has it.
  package let key: String
  package let label: String
  package let unit: Unit
  package let value: Double
  /// What else is to be said of it.
  package let detail: String

  package init(_ key: String, _ label: String, _ unit: Unit, _ value: Double, detail: String = "") {
    self.key = key
    self.label = label
    self.unit = unit
    self.value = value
    self.detail = detail
  }
}

extension Figure {
  /// The figures of a tree in the order in which they are shown; what is absent is left out.
  package static func all(of account: TreeAccount, elapsed: UInt64, machine: MachineAccount?) -> [Figure] {
    let seconds = Double(elapsed) / 1e9
    var figures: [Figure] = []
    if let energy = account.totalEnergy, let machine {
      figures.append(energyFigure(energy, account, machine, seconds: seconds))
    }
    figures.append(Figure("elapsed_seconds", "elapsed", .seconds, seconds))
    figures += times(of: account, seconds: seconds) + counts(of: account) + transfers(of: account)
    return figures + events(of: account)
  }

  private static func energyFigure(
    _ energy: UInt64, _ account: TreeAccount, _ machine: MachineAccount, seconds: Double
  ) -> Figure {
    let zones = zip(machine.zones, account.energy ?? []).map {
      "\($0.package)/\($0.zone) \(Quantity.joules(Double($1) / 1e6))"
    }
    let watts = seconds > 0 ? "\(Quantity.number(Double(energy) / 1e6 / seconds)) W" : ""
    let kind = machine.isEstimate ? "by a model, not measured" : "measured"
    return Figure(
      "energy_joules", "energy of its own", .joules, Double(energy) / 1e6,
      detail: ([watts, kind] + (zones.count > 1 ? zones : [])).filter { !$0.isEmpty }.joined(separator: ", "))
  }

  private static func times(of account: TreeAccount, seconds: Double) -> [Figure] {
    let usage = account.usage
    let cpu = Double(usage.cpu) / 1e9
    let split =
      "user \(Quantity.seconds(Double(usage.user) / 1e9)), system \(Quantity.seconds(Double(usage.system) / 1e9))"
    return [
      Figure(
        "cpu_seconds", "CPU time", .seconds, cpu,
        detail: (seconds > 0 ? "\(Quantity.number(cpu / seconds)) CPUs, " : "") + split),
      Figure("runqueue_seconds", "waiting for a CPU", .seconds, Double(usage.runQueue) / 1e9),
    ]
      + account.offCPU.map { reason, time in
        Figure("offcpu_\(reason)_seconds", "off CPU, \(Self.offCPULabel(reason))", .seconds, Double(time) / 1e9)
      }
  }

  private static func offCPULabel(_ reason: String) -> String {
    switch reason {
    case "io": "waiting for I/O"
    case "uninterruptible": "uninterruptible"
    default: "asleep"
    }
  }

  private static func counts(of account: TreeAccount) -> [Figure] {
    let usage = account.usage
    let calls = account.allCalls
    return [
      Figure(
        "context_switches", "context switches", .count,
        Double(usage.voluntarySwitches) + Double(usage.involuntarySwitches),
        detail: "\(Quantity.count(usage.voluntarySwitches)) voluntary"),
      Figure(
        "page_faults", "page faults", .count, Double(usage.minorFaults) + Double(usage.majorFaults),
        detail: "\(Quantity.count(usage.majorFaults)) major"),
      Figure(
        "syscalls", "system calls", .count, Double(calls.count),
        detail: "\(Quantity.count(calls.errors)) failed"
          + (account.timesCalls ? ", \(Quantity.seconds(Double(calls.time) / 1e9)) in them" : "")),
      Figure(
        "processes", "processes", .count, Double(account.processes),
        detail:
          "\(Quantity.count(account.threads)) more threads, \(Quantity.count(account.programs)) programs, \(Quantity.count(account.failedProcesses)) ended in failure"
          + (account.living > 0 ? ", \(Quantity.count(account.living)) tasks live on" : "")),
    ]
  }

  private static func transfers(of account: TreeAccount) -> [Figure] {
    var figures: [Figure] = []
    if let peak = account.peakBytes {
      figures.append(Figure("peak_resident_bytes", "peak memory of one process", .bytes, Double(peak)))
    }
    figures.append(Figure("read_bytes", "read from storage", .bytes, Double(account.usage.readBytes)))
    figures.append(Figure("written_bytes", "written, to storage in time", .bytes, Double(account.usage.writtenBytes)))
    if let network = account.network {
      figures.append(Figure("network_received_bytes", "received by sockets", .bytes, Double(network.received)))
      figures.append(Figure("network_sent_bytes", "sent by sockets", .bytes, Double(network.sent)))
    }
    return figures
  }

  private static func events(of account: TreeAccount) -> [Figure] {
    func count(_ name: String) -> Double? { account.events.first { $0.name == name }.map { Double($0.count) } }
    var figures = account.events.map { event in
      Figure(
        event.name.replacing("-", with: "_"), event.name, .count, Double(event.count),
        detail: event.counted < 0.9995 ? "counted \(Quantity.number(event.counted * 100)) % of the time" : "")
    }
    for (key, label, part, whole) in [
      ("instructions_per_cycle", "instructions per cycle", "instructions", "cycles"),
      ("cache_miss_ratio", "cache misses per reference", "cache-misses", "cache-references"),
      ("branch_miss_ratio", "branch misses per branch", "branch-misses", "branches"),
    ] {
      guard let part = count(part), let whole = count(whole), whole > 0 else { continue }
      figures.append(Figure(key, label, .ratio, part / whole))
    }
    return figures
  }
}
