internal import Recording

/// A report as a few lines of text, for a terminal.
package struct Summary {
  private let recordings: [Figures]

  package init(_ recordings: [Figures]) { self.recordings = recordings }

  package var text: String {
    let all = recordings.map(Self.text).joined(separator: "\n")
    guard recordings.count > 1 else { return all }
    let rows = Comparison(recordings).rows.map { row in
      let values = row.values.map { Comparison.text($0, row.unit) }.joined(separator: " | ")
      let change = row.change.map { "  (\(NumberText.percent($0, isSigned: true)))" } ?? ""
      return "  \(row.title): \(values)\(change)"
    }
    return all + "\nComparison: \(recordings.map { Self.printable($0.name) }.joined(separator: " | "))\n"
      + rows.map { Self.printable($0) + "\n" }.joined()
  }

  /// Without what a terminal would obey.
  private static func printable(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { scalar in
          let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
          // those that change the direction of writing, too
          let isFormat = (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
          return isControl || isFormat ? "\u{FFFD}" : scalar
        }))
  }

  private static func text(_ figures: Figures) -> String {
    var lines = [
      "\(figures.name): \(figures.collections) collections in \(NumberText.duration(figures.seconds)) from \(UTCTime.text(figures.began))"
        + (figures.about["host"].map { " on \($0)" } ?? "")
    ]
    for gap in figures.gaps.prefix(10) { lines.append("  gap at \(NumberText.duration(gap.start)): \(gap.detail)") }
    if figures.gaps.count > 10 { lines.append("  and \(figures.gaps.count - 10) more gaps") }
    func mean(_ total: Exact) -> String { figures.seconds > 0 ? NumberText.short(total.number / figures.seconds) : "–" }
    if let zones = figures.zones {
      lines.append(figures.isModelled ? "Energy, an estimate of the model" : "Energy")
      for zone in zones.curves {
        lines.append("  \(zone.name): \(NumberText.fixed(zone.total.number, 3)) J, \(mean(zone.total)) W")
      }
    }
    for division in figures.divisions {
      let parts = [
        ("processes", division.processes), ("kernel", division.kernel), ("idle", division.idle),
        ("unattributed", division.unattributed),
      ].map { "\($0) \(NumberText.fixed($1.number, 3))" }.joined(separator: " + ")
      lines.append(
        "  \(division.package.map { "package \($0)" } ?? "all"): \(parts) = \(NumberText.fixed(division.measured.number, 3)) J"
      )
    }
    lines += processes(figures)
    if !figures.charts.isEmpty { lines.append("Rates, on average") }
    for chart in figures.charts {
      let curves = chart.curves.map { "\($0.name) \(mean($0.total))" }.joined(separator: ", ")
      lines.append("  \(chart.title) (\(chart.unit)): \(curves)")
    }
    if !figures.latencies.isEmpty { lines.append("Latencies") }
    for latency in figures.latencies {
      let all = latency.distribution
      lines.append(
        "  \(latency.title): \(all.count), half within \(NumberText.duration(all.quantile(0.5))), 99 % within \(NumberText.duration(all.quantile(0.99)))"
      )
    }
    for answer in figures.load?.answers ?? [] { lines += [answer.question] + answer.lines.map { "  " + $0 } }
    let missing = Set(figures.missing.map(\.collector)).sorted()
    if !missing.isEmpty { lines.append("Not in it: what the collectors \(missing.joined(separator: ", ")) have") }
    return lines.map { printable($0) + "\n" }.joined()
  }

  private static func processes(_ figures: Figures) -> [String] {
    guard let processes = figures.processes else { return [] }
    func line(_ name: String, _ process: Figures.Process) -> String {
      let energy = process.energy.map { "\(NumberText.fixed($0.number, 3)) J, " } ?? ""
      return "  \(name): \(energy)\(NumberText.fixed(process.cpu.number, 3)) s of CPU time"
    }
    return ["Processes that used most"] + processes.top.map { line("\($0.comm) (\($0.pid))", $0) } + [
      line("\(processes.restCount) others with series of their own", processes.rest),
      line("all without series (other)", processes.other),
    ]
  }
}
