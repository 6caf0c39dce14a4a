/// What the keys do and the columns mean.
enum HelpScreen {
  static func lines(_ context: View.Context) -> [StyledLine] {
    let keys: [(String, String)] = [
      ("q", "quit"), ("p, space", "pause: the figures stand, counting goes on"), ("c", "control groups, processes"),
      ("t", "tree"), ("/", "filter by name, control group or process id; Esc ends it"), ("r", "reverse the order"),
      ("< >", "sort by the column to the left, to the right"), ("+ -", "longer, shorter interval"),
      ("arrows, PgUp, PgDn, Home, End", "move through the rows"),
    ]
    var lines = [StyledLine("Keys", .strong)]
    lines += keys.map { entry($0.0, $0.1) }
    lines.append(StyledLine("Sort by", .strong))
    lines += Column.allCases.map { entry(String($0.key), "\($0.title): \($0.words)") }
    lines.append(StyledLine("Rows in parentheses", .strong))
    lines += [
      entry("(other)", "all without a row of their own"), entry("(ended)", "joules of those that are gone"),
      entry("(kernel)", "kernel threads"), entry("(idle)", "what the machine draws without work"),
      entry("(unattributed)", "nobody's"),
    ]
    return lines
  }

  private static func entry(_ key: String, _ text: String) -> StyledLine {
    var line = StyledLine("  " + DisplayText.fitted(key, to: 15), .label)
    if DisplayText.width(key) > 15 { line = StyledLine("  " + key + " ", .label) }
    line.append(text)
    return line
  }
}
