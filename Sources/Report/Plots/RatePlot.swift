/// Curves over time, as lines or one upon the other.
struct RatePlot {
  let chart: Figures.Chart
  let figures: Figures
  /// Their sum means something.
  let isStacked: Bool

  /// - Parameter prefix: what sets ids of one recording apart from those of others.
  func svg(prefix: String) -> String {
    let plot = TimePlot(id: prefix + chart.id, figures, values: .values(upTo: greatest))
    var svg = plot.frame(unit: chart.unit)
    let shown = Array(chart.curves.enumerated())
    if isStacked {
      // the first at the bottom
      var below = figures.bins.map { _ in 0.0 }
      for (index, curve) in shown {
        let above = zip(below, curve.rates).map { $0 + ($1 ?? 0) }
        svg += area(plot, from: below, to: above, of: curve, index)
        below = above
      }
    } else {
      for (index, curve) in shown { svg += line(plot, curve.rates, "line s\(index)") }
    }
    svg += plot.hints { bin in
      chart.curves.map { curve in
        ", \(curve.name): \(curve.rates[bin].map { NumberText.short($0) + " " + chart.unit } ?? "not known")"
      }.joined()
    }
    return Markup.plot(
      id: plot.id, title: chart.title, description: description, width: TimePlot.width, height: TimePlot.height, svg)
      + legend
  }

  private var greatest: Double {
    if !isStacked { return chart.curves.flatMap(\.rates).compactMap { $0 }.max() ?? 0 }
    return figures.bins.indices.map { bin in chart.curves.reduce(0) { $0 + ($1.rates[bin] ?? 0) } }.max() ?? 0
  }

  /// The curves in words.
  private var description: String {
    let means = chart.curves.map { curve in
      "\(curve.name): \(mean(curve)) \(chart.unit) on average"
    }
    return "Over \(NumberText.duration(figures.seconds)). " + means.joined(separator: "; ") + "."
  }

  private func mean(_ curve: Figures.Curve) -> String {
    figures.seconds > 0 ? NumberText.short(curve.total.number / figures.seconds) : "–"
  }

  private var legend: String {
    let entries = chart.curves.enumerated().map { index, curve in
      "<li><span class=\"key s\(index)\"></span>\(Markup.isolated(curve.name)) <span class=\"faint\">\(mean(curve)) \(Markup.escaped(chart.unit))</span></li>"
    }
    return "<ul class=\"legend\">\(entries.joined())</ul>\n"
  }

  private func middle(_ bin: Figures.Bin) -> Double { (bin.start + bin.end) / 2 }

  /// Broken where nothing is known.
  private func line(_ plot: TimePlot, _ values: [Double?], _ style: String) -> String {
    var path = ""
    var isDown = false
    for (bin, value) in zip(figures.bins, values) {
      guard let value else {
        isDown = false
        continue
      }
      path += "\(isDown ? "L" : "M")\(Markup.number(plot.x(middle(bin)))) \(Markup.number(plot.y(value)))"
      // a single one is a dot
      if !isDown { path += "h0" }
      isDown = true
    }
    return "<path class=\"\(style)\" d=\"\(path)\"/>\n"
  }

  private func area(
    _ plot: TimePlot, from below: [Double], to above: [Double], of curve: Figures.Curve, _ index: Int
  ) -> String {
    var path = ""
    for (number, bin) in figures.bins.enumerated() where curve.rates[number] != nil {
      let (left, right) = (Markup.number(plot.x(bin.start)), Markup.number(plot.x(bin.end)))
      path += "M\(left) \(Markup.number(plot.y(below[number])))V\(Markup.number(plot.y(above[number])))H\(right)"
      path += "V\(Markup.number(plot.y(below[number])))Z"
    }
    return "<path class=\"area s\(index)\" d=\"\(path)\"/>\n"
  }
}
