/// Bars from left to right, the longest first.
struct BarPlot {
  struct Bar {
    let name: String
    let value: Double
    /// What is written at its end.
    let text: String
  }

  private static let row = 24.0
  private static let left = 210.0
  private static let right = 640.0

  let id: String
  let title: String
  let bars: [Bar]

  var svg: String {
    let greatest = max(bars.map(\.value).max() ?? 0, .leastNonzeroMagnitude)
    var svg = ""
    for (index, bar) in bars.enumerated() {
      let y = Double(index) * Self.row + 6
      let width = (Self.right - Self.left) * max(0, bar.value) / greatest
      svg += "<text class=\"end name\" x=\"\(n(Self.left - 8))\" y=\"\(n(y + 13))\">\(Markup.escaped(bar.name))</text>"
      svg +=
        "<rect class=\"bar\" x=\"\(n(Self.left))\" y=\"\(n(y))\" width=\"\(n(width))\" height=\"\(n(Self.row - 7))\"/>"
      svg += "<text x=\"\(n(Self.left + width + 6))\" y=\"\(n(y + 13))\">\(Markup.escaped(bar.text))</text>\n"
    }
    return Markup.plot(
      id: id, title: title, description: bars.map { "\($0.name): \($0.text)" }.joined(separator: "; ") + ".",
      width: TimePlot.width, height: Double(bars.count) * Self.row + 8, svg)
  }

  private func n(_ value: Double) -> String { Markup.number(value) }
}
