/// Aligned columns: the first to the left, the others to the right.
struct Table {
  private var rows: [[String]]

  init(_ head: String...) { rows = [head] }

  mutating func add(_ cells: String...) { rows.append(cells) }

  func print() {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
    for row in rows {
      var line = ""
      for (column, cell) in row.enumerated() {
        let space = String(repeating: " ", count: widths[column] - cell.count)
        line += column == 0 ? cell + space : "  " + space + cell
      }
      Swift.print(line)
    }
  }
}

extension Double {
  /// With `digits` digits after the point.
  func text(_ digits: Int) -> String {
    guard isFinite else { return "-" }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let number = Int((magnitude * scale).rounded())
    let whole = number / Int(scale)
    let sign = self < 0 && number > 0 ? "-" : ""
    guard digits > 0 else { return "\(sign)\(whole)" }
    let fraction = String(number % Int(scale))
    return "\(sign)\(whole)." + String(repeating: "0", count: digits - fraction.count) + fraction
  }
}

extension [Double] {
  /// The value below which `share` of all lie; NaN where there are none.
  func quantile(_ share: Double) -> Double {
    isEmpty ? .nan : sorted()[Int(Double(count - 1) * share)]
  }

  var median: Double { quantile(0.5) }
}
