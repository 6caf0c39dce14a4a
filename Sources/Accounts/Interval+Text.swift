extension MeasuredRun.Interval {
  private static let columns: [(title: String, width: Int)] = [
    ("seconds", 12), ("watts", 10), ("CPUs", 8), ("waiting", 8), ("switches/s", 12), ("calls/s", 12), ("read/s", 12),
    ("written/s", 12), ("begun", 8), ("tasks", 8),
  ]

  /// What stands above the first line.
  package static var header: String { "\n" + line(columns.map(\.title)) }

  /// The interval on a line: rates are over its own length.
  package var text: String {
    let seconds = max(Double(length) / 1e9, 1e-9)
    func rate(_ value: UInt64) -> String { Quantity.number(Double(value) / seconds) }
    func bytes(_ value: UInt64) -> String {
      let (number, unit) = Quantity.bytes(Double(value) / seconds)
      return "\(number) \(unit)"
    }
    return Self.line([
      Quantity.fixed(Double(end) / 1e9, digits: 3), energy.map { Quantity.number(Double($0) / 1e6 / seconds) } ?? "-",
      Quantity.number(Double(cpu) / 1e9 / seconds), Quantity.number(Double(runQueue) / 1e9 / seconds), rate(switches),
      rate(calls), bytes(readBytes), bytes(writtenBytes), Quantity.count(processes), Quantity.count(living),
    ])
  }

  private static func line(_ cells: [String]) -> String {
    zip(columns, cells).map { column, cell in
      String(repeating: " ", count: max(1, column.width - cell.count)) + cell
    }.joined() + "\n"
  }
}

extension TreeAccount {
  /// What several trees used together, as far as it adds up over time: the figures of `MeasuredRun.Interval`.
  package init(sumOf accounts: [TreeAccount]) {
    self.init()
    var energy: UInt64?
    for one in accounts {
      usage += one.usage
      processes &+= one.processes
      living &+= one.living
      calls += one.calls
      if let own = one.totalEnergy { energy = (energy ?? 0) &+ own }
    }
    self.energy = energy.map { [$0] }
  }
}

extension TreeAccount.Usage {
  package static func += (sum: inout Self, more: Self) {
    sum.cpu &+= more.cpu
    sum.user &+= more.user
    sum.system &+= more.system
    sum.runQueue &+= more.runQueue
    sum.voluntarySwitches &+= more.voluntarySwitches
    sum.involuntarySwitches &+= more.involuntarySwitches
    sum.minorFaults &+= more.minorFaults
    sum.majorFaults &+= more.majorFaults
    sum.readBytes &+= more.readBytes
    sum.writtenBytes &+= more.writtenBytes
  }
}
