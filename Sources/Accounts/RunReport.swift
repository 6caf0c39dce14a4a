internal import ByteText

/// What measured runs come to, as text for people.
package struct RunReport {
  /// What beside the figures is to be shown.
  package struct Parts: Sendable, Hashable {
    /// Each system call in place of their categories.
    package var hasCalls = false
    package var hasProcesses = false

    package init() {}
  }

  /// One, or several of the same command.
  let runs: [MeasuredRun]
  private let parts: Parts
  /// Processes and calls of a process that the text shows at most: all are in the JSON.
  private static let mostProcesses = 20
  private static let mostCalls = 5

  package init(_ runs: [MeasuredRun], _ parts: Parts) {
    self.runs = runs
    self.parts = parts
  }

  package var text: String {
    guard let first = runs.first else { return "" }
    var lines: [String] = []
    for (index, tree) in first.trees.enumerated() {
      let name = tree.name.printable(characters: 200)
      lines += ["", "\(name)\(runs.count > 1 ? ": mean of \(runs.count) runs" : "")", ""]
      lines += figures(ofTree: index)
      lines += calls(ofTree: index)
      if runs.count == 1, parts.hasProcesses { lines += Self.processes(tree.account) }
      lines += Self.notes(tree.account)
    }
    lines += machine()
    return lines.joined(separator: "\n") + "\n"
  }

  // MARK: Figures

  /// The figures of one tree over all runs.
  private func figures(ofTree index: Int) -> [String] {
    let all = runs.map { run in
      Figure.all(of: run.trees[index].account, elapsed: run.elapsed, machine: run.machine)
    }
    return all[0].map { figure in
      let statistics = Statistics(all.compactMap { $0.first { $0.key == figure.key }?.value })
      return Self.line(figure, statistics)
    }
  }

  private static func line(_ figure: Figure, _ statistics: Statistics) -> String {
    let (number, unit) = quantity(statistics.mean, figure.unit)
    var line = "  \(padded(number, 14, isRight: true)) \(padded(unit, 4)) \(padded(figure.label, 26))"
    if statistics.count > 1 {
      line += "  ± \(Quantity.number(statistics.relativeError * 100)) %"
    } else if !figure.detail.isEmpty {
      line += "  # \(figure.detail)"
    }
    return trimmed(line)
  }

  private static func quantity(_ value: Double, _ unit: Figure.Unit) -> (String, String) {
    switch unit {
    case .joules: (Quantity.number(value), "J")
    case .seconds: (Quantity.fixed(value, digits: 6), "s")
    case .bytes: Quantity.bytes(value)
    case .ratio: (Quantity.number(value), "")
    case .count: (Quantity.fixed(value, digits: value == value.rounded() ? 0 : 1), "")
    }
  }

  // MARK: System calls

  /// By category or by call: means over all runs.
  private func calls(ofTree index: Int) -> [String] {
    var sums: [String: TreeAccount.Calls] = [:]
    for run in runs {
      let account = run.trees[index].account
      let rows =
        parts.hasCalls ? account.calls.map { ($0.name, $0.calls) } : account.categories.map { ($0.name, $0.calls) }
      for (name, calls) in rows {
        let sum = sums[name] ?? TreeAccount.Calls()
        sums[name] = TreeAccount.Calls(
          count: sum.count &+ calls.count, errors: sum.errors &+ calls.errors, time: sum.time &+ calls.time)
      }
    }
    if sums.isEmpty { return [] }
    let runs = UInt64(runs.count)
    let isTimed = self.runs[0].trees[index].account.timesCalls
    let rows = sums.sorted { $0.value.precede($1.value, $0.key < $1.key) }.map { name, calls in
      Self.row(
        TreeAccount.Calls(count: calls.count / runs, errors: calls.errors / runs, time: calls.time / runs), name,
        isTimed: isTimed)
    }
    return ["", Self.header(isTimed: isTimed, parts.hasCalls ? "system call" : "system calls")] + rows
  }

  private static func header(isTimed: Bool, _ title: String) -> String {
    let seconds = isTimed ? padded("seconds", 14, isRight: true) + "  " : ""
    return "  \(padded("calls", 14, isRight: true))  \(padded("failed", 10, isRight: true))  \(seconds)\(title)"
  }

  private static func row(_ calls: TreeAccount.Calls, _ name: String, isTimed: Bool) -> String {
    let count = padded(Quantity.count(calls.count), 14, isRight: true)
    let errors = padded(calls.errors == 0 ? "" : Quantity.count(calls.errors), 10, isRight: true)
    let time = isTimed ? padded(Quantity.fixed(Double(calls.time) / 1e9, digits: 6), 14, isRight: true) + "  " : ""
    return "  \(count)  \(errors)  \(time)\(name)"
  }

  // MARK: Processes

  private static func processes(_ account: TreeAccount) -> [String] {
    guard let processes = account.byProcess, !processes.isEmpty else { return [] }
    var lines = [
      "",
      "  \(padded("CPU seconds", 14, isRight: true))  \(padded("peak", 10, isRight: true))  \(padded("pid", 14, isRight: true))  process, and its longest system calls",
    ]
    for process in processes.prefix(mostProcesses) {
      let (peak, unit) = Quantity.bytes(Double(process.peakBytes))
      let cpu = padded(Quantity.fixed(Double(process.usage.cpu) / 1e9, digits: 6), 14, isRight: true)
      let memory = padded(process.peakBytes == 0 ? "" : "\(peak) \(unit)", 10, isRight: true)
      lines.append(
        "  \(cpu)  \(memory)  \(padded(String(process.pid), 14, isRight: true))  \(process.name.printable(characters: 16))\(ending(process.status))"
      )
      lines += process.calls.prefix(mostCalls).map { row($0.calls, "    \($0.name)", isTimed: account.timesCalls) }
    }
    if processes.count > mostProcesses {
      lines.append("  and \(Quantity.count(UInt64(processes.count - mostProcesses))) processes more: --json shows all")
    }
    return lines
  }

  /// How a process ended, where that is worth a word.
  private static func ending(_ status: UInt32?) -> String {
    guard let status else { return " (lives)" }
    if status & 0x7f != 0 { return " (signal \(status & 0x7f))" }
    return status == 0 ? "" : " (status \(status >> 8 & 0xff))"
  }

  // MARK: The rest

  private static func notes(_ account: TreeAccount) -> [String] {
    var lines: [String] = []
    if let failure = account.eventsFailure { lines.append("  no events of the processor: \(failure)") }
    if account.lost > 0 {
      lines.append("  \(Quantity.count(account.lost)) tasks or entries found no room: what they used is lacking")
    }
    return lines.isEmpty ? [] : [""] + lines
  }

  /// What the machine used meanwhile, which is another figure.
  private func machine() -> [String] {
    let machines = runs.compactMap(\.machine)
    guard let first = machines.first, machines.count == runs.count else {
      return runs.first?.energyFailure.map { ["", "  no energy: \($0)"] } ?? []
    }
    func mean(_ value: (MachineAccount) -> UInt64) -> String {
      Quantity.joules(machines.reduce(0) { $0 + Double(value($1)) } / Double(machines.count) / 1e6)
    }
    let others = runs.reduce(0.0) { $0 + Double($1.otherProcesses ?? 0) } / Double(runs.count) / 1e6
    let zones = first.zones.map { "\($0.package)/\($0.zone) by \($0.source)" }.joined(separator: ", ")
    let caution =
      first.isIdleKnown
      ? []
      : ["  what it draws idle is not known, so all of that counts as use: --energy.idle-watts says what it is"]
    return [
      "",
      "The machine meanwhile: \(mean(\.total)) (\(zones))",
      "  of that: other processes \(Quantity.joules(others)), kernel \(mean(\.kernel)), idle \(mean(\.idle)), unattributed \(mean(\.unattributed))",
    ] + caution
  }

  private static func padded(_ text: String, _ width: Int, isRight: Bool = false) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return isRight ? space + text : text + space
  }

  private static func trimmed(_ line: String) -> String {
    var line = line[...]
    while line.last == " " { line.removeLast() }
    return String(line)
  }
}
