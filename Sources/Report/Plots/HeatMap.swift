internal import Glibc

/// A histogram over time: the darker, the more values lie there.
struct HeatMap {
  private static let shades = 7

  let latency: Figures.Latency
  let figures: Figures

  func svg(prefix: String) -> String {
    guard let slots = shownSlots else { return "" }
    let plot = TimePlot(id: prefix + latency.id, figures, values: .slots(slots))
    let svg = plot.frame(unit: "") + cells(plot, slots) + plot.hints(hint)
    return Markup.plot(
      id: plot.id, title: latency.title, description: description, width: TimePlot.width, height: TimePlot.height, svg)
      + "<p class=\"faint\">The darker, the more: up to \(most) in a cell, each shade about \(NumberText.short(factor)) times the one before.</p>\n"
  }

  private var most: UInt64 { max(1, latency.bins.flatMap { $0 }.max() ?? 1) }
  private var factor: Double { pow(Double(most), 1 / Double(Self.shades)) }

  /// Those that count something.
  private var shownSlots: ClosedRange<Int>? {
    let slots = latency.distribution.slots
    guard let first = slots.firstIndex(where: { $0 > 0 }), let last = slots.lastIndex(where: { $0 > 0 }) else {
      return nil
    }
    // at least some decades, or a single slot fills the plot
    return max(0, min(first, last - 8))...last
  }

  private func cells(_ plot: TimePlot, _ slots: ClosedRange<Int>) -> String {
    var paths = [String](repeating: "", count: Self.shades)
    let scale = max(log(Double(most)), .leastNonzeroMagnitude)
    for (bin, counts) in zip(figures.bins, latency.bins) {
      let (left, right) = (Markup.number(plot.x(bin.start)), Markup.number(plot.x(bin.end)))
      for slot in slots where counts[slot] > 0 {
        let shade = most == 1 ? Self.shades - 1 : Int(log(Double(counts[slot])) / scale * Double(Self.shades))
        let (low, high) = (Markup.number(plot.y(Double(slot - 1))), Markup.number(plot.y(Double(slot))))
        paths[min(shade, Self.shades - 1)] += "M\(left) \(low)V\(high)H\(right)V\(low)Z"
      }
    }
    return paths.enumerated().map { "<path class=\"heat h\($0)\" d=\"\($1)\"/>\n" }.joined()
  }

  private func hint(_ bin: Int) -> String {
    let distribution = Distribution(slots: latency.bins[bin], sum: 0)
    guard distribution.count > 0 else { return figures.bins[bin].seconds > 0 ? ": none" : ": not known" }
    return
      ": \(distribution.count), half within \(NumberText.duration(distribution.quantile(0.5))), 99 % within \(NumberText.duration(distribution.quantile(0.99)))"
  }

  private var description: String {
    let all = latency.distribution
    return "\(all.count) in all, \(NumberText.duration(all.mean)) on average; half within "
      + "\(NumberText.duration(all.quantile(0.5))), 90 % within \(NumberText.duration(all.quantile(0.9))), 99 % within "
      + "\(NumberText.duration(all.quantile(0.99)))."
  }
}
