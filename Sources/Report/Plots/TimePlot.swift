/// What plots over time have in common: the frame, both axes, and the gaps.
struct TimePlot {
  static let width = 760.0
  static let height = 230.0
  static let left = 56.0
  static let right = width - 12
  static let top = 12.0
  static let bottom = height - 28

  let id: String
  let bins: [Figures.Bin]
  let gaps: [Figures.Gap]
  let time: Axis
  let values: Axis

  init(id: String, _ figures: Figures, values: Axis) {
    self.id = id
    bins = figures.bins
    gaps = figures.gaps
    time = Axis.time(upTo: figures.bins.last?.end ?? 0)
    self.values = values
  }

  func x(_ seconds: Double) -> Double { time.place(seconds, from: Self.left, to: Self.right) }
  func y(_ value: Double) -> Double { values.place(value, from: Self.bottom, to: Self.top) }

  /// Grid, marks and gaps, to lie below what is shown.
  func frame(unit: String) -> String {
    var svg = ""
    for mark in values.marks {
      let y = y(mark.value)
      svg += "<path class=\"grid\" d=\"M\(n(Self.left)) \(n(y))H\(n(Self.right))\"/>"
      svg += "<text class=\"end\" x=\"\(n(Self.left - 6))\" y=\"\(n(y + 4))\">\(Markup.escaped(mark.text))</text>\n"
    }
    for mark in time.marks {
      let x = x(mark.value)
      svg += "<path class=\"grid\" d=\"M\(n(x)) \(n(Self.bottom))v4\"/>"
      svg += "<text class=\"middle\" x=\"\(n(x))\" y=\"\(n(Self.bottom + 18))\">\(Markup.escaped(mark.text))</text>\n"
    }
    if !unit.isEmpty {
      svg += "<text class=\"unit\" x=\"\(n(Self.left + 6))\" y=\"\(n(Self.top + 10))\">\(Markup.escaped(unit))</text>\n"
    }
    return svg + gapMarks
  }

  /// Bands where nothing is known, lines where the clock was set.
  private var gapMarks: String {
    gaps.map { gap in
      let (start, end) = (x(gap.start), x(gap.end))
      let isStep = gap.kind == "clock"
      let width = isStep ? 1 : max(1.5, end - start)
      let height = Self.bottom - Self.top
      return
        "<rect class=\"gap\" x=\"\(n(isStep ? end : start))\" y=\"\(n(Self.top))\" width=\"\(n(width))\" height=\"\(n(height))\">"
        + "<title>\(Markup.escaped("\(gap.kind): \(gap.detail)"))</title></rect>\n"
    }.joined()
  }

  /// Says of each bin what is in it where the pointer is.
  func hints(_ text: (Int) -> String) -> String {
    bins.indices.map { index in
      let (start, end) = (x(bins[index].start), x(bins[index].end))
      let when = "\(NumberText.fixed(bins[index].start, 1)) to \(NumberText.fixed(bins[index].end, 1)) s"
      return
        "<rect class=\"hint\" x=\"\(n(start))\" y=\"\(n(Self.top))\" width=\"\(n(max(0.5, end - start)))\" height=\"\(n(Self.bottom - Self.top))\">"
        + "<title>\(Markup.escaped(when + text(index)))</title></rect>\n"
    }.joined()
  }

  private func n(_ value: Double) -> String { Markup.number(value) }
}
