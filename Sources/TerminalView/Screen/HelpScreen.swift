/// What the keys do and the columns mean.
enum HelpScreen {
  private static let keys: [(key: String, text: String)] = [
    ("q", "quit"), ("p, space", "pause; counting goes on"), ("c", "control groups or processes"), ("t", "tree"),
    ("/", "filter by name, group, process id"), ("Esc", "no filter"), ("r", "reverse the order"),
    ("< >", "sort by the next column"), ("+ -", "longer, shorter interval"), ("arrows, Page, Home, End", "move"),
  ]
  private static let rows: [(key: String, text: String)] = [
    ("(other)", "all without a row of their own"), ("(ended)", "what had a row and is gone"),
    ("(kernel)", "kernel threads"), ("(idle)", "drawn without work"), ("(unattributed)", "nobody's"),
  ]

  static func content(columns: Int) -> [StyledLine] {
    let lines =
      [StyledLine("Keys", .strong)] + flowing(keys, columns)
      + [StyledLine("Sort by", .strong)]
      + flowing(Column.allCases.map { (String($0.key), "\($0.title) \($0.words)") }, columns)
      + [StyledLine("Rows in parentheses", .strong)] + flowing(rows, columns)
    return lines.map { $0.shortened(to: columns) }
  }

  /// As many entries side by side as there is room for.
  private static func flowing(_ entries: [(key: String, text: String)], _ columns: Int) -> [StyledLine] {
    let pieces = entries.map { entry in
      var piece = StyledLine("  " + entry.key + " ", .label)
      piece.append(entry.text)
      return piece
    }
    let width = (pieces.map(\.width).max() ?? 0) + 1
    let across = max(1, columns / width)
    return stride(from: 0, to: pieces.count, by: across).map { start in
      var line = StyledLine()
      for piece in pieces[start..<min(start + across, pieces.count)] { line.append(piece.filled(to: width)) }
      return line
    }
  }
}
