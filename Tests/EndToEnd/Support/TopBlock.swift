import Foundation

/// A block of text of `wattprobe top --batch`, by the places of its columns.
struct TopBlock {
  let header: [Substring]
  let title: String
  let rows: [Substring]

  /// The blocks that it printed.
  static func blocks(_ output: String) -> [TopBlock] {
    output.split(separator: "\n\n").compactMap { text in
      let lines = text.split(separator: "\n")
      guard let place = lines.firstIndex(where: { $0.contains("COMMAND") }) else { return nil }
      return TopBlock(header: Array(lines[..<place]), title: String(lines[place]), rows: Array(lines[(place + 1)...]))
    }
  }

  /// What a row has in a column of figures; nil where it has none.
  func figure(_ column: String, _ row: Substring) -> Double? {
    let titles = Array(title)
    guard let found = title.range(of: column) else { return nil }
    let end = title.distance(from: title.startIndex, to: found.upperBound)
    // a title is as wide as its column, or it begins with spaces or the mark of the sorted one
    var start = title.distance(from: title.startIndex, to: found.lowerBound)
    while start > 0, titles[start - 1] == " " || titles[start - 1] == "*" { start -= 1 }
    let cells = Array(row)
    guard cells.count >= end else { return nil }
    return Double(String(cells[start..<end]).filter { $0 != " " })
  }

  func sum(_ column: String) -> Double { rows.compactMap { figure(column, $0) }.reduce(0, +) }

  /// The number in front of `unit` in the line of the header that begins with `label`.
  func headline(_ label: String, _ unit: String) -> Double? {
    let words = header.first { $0.hasPrefix(label) }?.split(separator: " ") ?? []
    return words.firstIndex { $0 == unit }.flatMap { $0 > 0 ? Double(words[$0 - 1]) : nil }
  }

  func row(pid: Int32) -> Substring? { rows.first { $0.split(separator: " ").first == "\(pid)" } }
}
