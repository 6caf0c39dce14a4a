/// The errors of windows by class: a line from the tenth to the ninetieth percentile, a box around half of them, a mark at the
/// median, and a dot at the error of all run time.
struct ErrorPlot {
  private static let row = 30.0
  private static let left = 210.0
  private static let right = 730.0

  let id: String
  let signal: String
  let estimates: [LoadTracking.Estimate]

  var svg: String {
    let shown = estimates.filter { $0.windows > 0 }
    guard !shown.isEmpty else { return "" }
    let values = shown.flatMap { estimate in
      [0.1, 0.9].compactMap { estimate.quantile($0) } + [estimate.error].compactMap { $0 }
    }
    // further out there is no more to learn
    let reach = min(4, max(0.1, values.map(\.magnitude).max() ?? 0.1))
    let right = Axis.values(upTo: reach)
    let marks = right.marks.flatMap { $0.value == 0 ? [0] : [-$0.value, $0.value] }.filter { $0 >= -1 }
    let axis = Axis(lowest: max(-1, -right.highest), highest: right.highest, marks: [])
    func x(_ value: Double) -> String {
      n(axis.place(min(max(value, axis.lowest), axis.highest), from: Self.left, to: Self.right))
    }
    let bottom = Double(shown.count) * Self.row + 10
    var svg = "<text class=\"unit\" x=\"0\" y=\"16\">\(Markup.escaped(signal))</text>\n"
    for mark in marks {
      svg += "<path class=\"\(mark == 0 ? "zero" : "grid")\" d=\"M\(x(mark)) 6V\(n(bottom))\"/>"
      svg +=
        "<text class=\"middle\" x=\"\(x(mark))\" y=\"\(n(bottom + 16))\">\(NumberText.percent(mark, isSigned: true))</text>\n"
    }
    for (index, estimate) in shown.enumerated() {
      let y = Double(index) * Self.row + 22
      let quantiles = [0.1, 0.25, 0.5, 0.75, 0.9].map { x(estimate.quantile($0) ?? 0) }
      svg +=
        "<text class=\"end name\" x=\"\(n(Self.left - 8))\" y=\"\(n(y + 4))\">\(Markup.escaped(estimate.taskClass))</text>"
      svg += "<path class=\"whisker\" d=\"M\(quantiles[0]) \(n(y))H\(quantiles[4])\"/>"
      svg += "<path class=\"box\" d=\"M\(quantiles[1]) \(n(y - 8))H\(quantiles[3])V\(n(y + 8))H\(quantiles[1])Z\"/>"
      svg += "<path class=\"median\" d=\"M\(quantiles[2]) \(n(y - 8))v16\"/>"
      if let error = estimate.error { svg += "<circle class=\"dot\" cx=\"\(x(error))\" cy=\"\(n(y))\" r=\"4\"/>" }
      svg += "\n"
    }
    let words = shown.map { estimate in
      "\(estimate.taskClass): \(NumberText.percent(estimate.error, isSigned: true)), half of \(estimate.windows) windows from "
        + "\(NumberText.percent(estimate.quantile(0.25), isSigned: true)) to \(NumberText.percent(estimate.quantile(0.75), isSigned: true))"
    }
    return Markup.plot(
      id: id, title: "Error of \(signal) by class", description: words.joined(separator: "; ") + ".",
      width: TimePlot.width, height: bottom + 24, svg)
  }

  private func n(_ value: Double) -> String { Markup.number(value) }
}
