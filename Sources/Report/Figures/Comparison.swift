/// Figures that recordings have in common, side by side.
package struct Comparison: Sendable {
  package enum Unit: String, Sendable {
    case seconds = "s"
    case watts = "W"
    case ratio
    case rate = "/s"
    case processors = "CPUs"
  }

  package struct Row: Sendable {
    package let id: String
    package let title: String
    package let unit: Unit
    /// One for each recording; nil: it has none.
    package let values: [Double?]

    /// By which share the last is above the first; nil: one of them has none, or it is of no size.
    package var change: Double? {
      guard values.count > 1, let first = values.first ?? nil, let last = values.last ?? nil, first != 0,
        unit != .ratio
      else { return nil }
      return (last - first) / first.magnitude
    }
  }

  package let rows: [Row]

  package init(_ recordings: [Figures]) {
    let figures = recordings.map(Self.figures)
    // in the order of the first that has each
    var rows: [Row] = []
    for figure in figures.flatMap({ $0 }) where !rows.contains(where: { $0.id == figure.id }) {
      let values = figures.map { $0.first { $0.id == figure.id }?.value }
      rows.append(Row(id: figure.id, title: figure.title, unit: figure.unit, values: values))
    }
    self.rows = rows
  }

  private struct Figure {
    let id: String
    let title: String
    let unit: Unit
    let value: Double
  }

  private static func figures(_ recording: Figures) -> [Figure] {
    var figures = [Figure(id: "seconds", title: "Duration", unit: .seconds, value: recording.seconds)]
    func add(_ id: String, _ title: String, _ unit: Unit, _ value: Double?) {
      if let value { figures.append(Figure(id: id, title: title, unit: unit, value: value)) }
    }
    func mean(_ total: Exact) -> Double? { recording.seconds > 0 ? total.number / recording.seconds : nil }
    for zone in recording.zones?.curves ?? [] {
      add("zone \(zone.name)", "Power, \(zone.name)", .watts, mean(zone.total))
    }
    for part in recording.divided?.curves ?? [] {
      add("to \(part.name)", "Power that went to \(part.name)", .watts, mean(part.total))
    }
    for chart in recording.charts {
      let total = chart.curves.map(\.total).sum
      add(chart.id, chart.title, chart.id == "cpu_seconds" ? .processors : .rate, mean(total))
    }
    for latency in recording.latencies {
      for (share, name) in [(0.5, "half"), (0.99, "99 %")] {
        add(
          "\(latency.id) \(share)", "\(latency.title): \(name) within", .seconds, latency.distribution.quantile(share))
      }
    }
    for estimate in recording.load?.estimates ?? [] {
      add(
        "error \(estimate.taskClass) \(estimate.signal)",
        "Error of \(estimate.signal), \(LoadTracking.name(estimate.taskClass))", .ratio, estimate.error)
    }
    for steps in recording.load?.steps ?? [] {
      add(
        "convergence \(steps.taskClass) \(steps.step)",
        "Convergence, \(LoadTracking.name(steps.taskClass)), \(steps.step): half within", .seconds,
        steps.convergence.quantile(0.5))
    }
    return figures
  }

  static func text(_ value: Double?, _ unit: Unit) -> String {
    guard let value else { return "–" }
    switch unit {
    case .seconds: return NumberText.duration(value)
    case .ratio: return NumberText.percent(value, isSigned: true)
    case .watts, .processors, .rate: return "\(NumberText.short(value)) \(unit.rawValue)"
    }
  }
}
