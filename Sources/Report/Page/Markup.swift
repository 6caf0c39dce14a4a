/// HTML and SVG as text. What comes from outside is escaped, whatever it is.
enum Markup {
  /// Text between tags or in a quoted attribute. Control characters, which neither may have, become U+FFFD.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\t", "\n": result.unicodeScalars.append(scalar)
      default:
        let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
        result.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
      }
    }
    return result
  }

  /// Text from outside that may be written from right to left: what is beside it stays where it is.
  static func isolated(_ text: String) -> String { "<bdi>\(escaped(text))</bdi>" }

  /// A table with a heading for each column and each row.
  ///
  /// - Parameters:
  ///   - caption: text.
  ///   - columns: text; those after the first are of numbers unless they are among `texts`.
  ///   - rows: HTML.
  ///   - emphasized: rows that sum up others, by their place.
  static func table(
    _ caption: String, _ columns: [String], _ rows: [[String]], texts: Set<Int> = [], emphasized: Set<Int> = []
  ) -> String {
    let head = columns.enumerated().map { index, column in
      "<th scope=\"col\"\(index == 0 || texts.contains(index) ? "" : " class=\"number\"")>\(escaped(column))</th>"
    }.joined()
    let body = rows.enumerated().map { place, row in
      let cells = row.enumerated().map { index, cell in
        if index == 0 { return "<th scope=\"row\">\(cell)</th>" }
        return texts.contains(index) ? "<td>\(cell)</td>" : "<td class=\"number\">\(cell)</td>"
      }
      return "<tr\(emphasized.contains(place) ? " class=\"sum\"" : "")>\(cells.joined())</tr>\n"
    }.joined()
    return """
      <div class="scroll"><table><caption>\(escaped(caption))</caption>
      <thead><tr>\(head)</tr></thead>
      <tbody>
      \(body)</tbody></table></div>

      """
  }

  /// A plot with what it shows in words.
  ///
  /// - Parameters:
  ///   - id: of its own in the page.
  ///   - title: text, as `description`.
  ///   - content: SVG.
  static func plot(
    id: String, title: String, description: String, width: Double, height: Double, _ content: String
  ) -> String {
    """
    <svg viewBox="0 0 \(number(width)) \(number(height))" role="img" aria-labelledby="\(id)-title \(id)-desc">
    <title id="\(id)-title">\(escaped(title))</title>
    <desc id="\(id)-desc">\(escaped(description))</desc>
    \(content)</svg>

    """
  }

  /// A coordinate, to a hundredth.
  static func number(_ value: Double) -> String {
    guard value.isFinite, value.magnitude < 1e9 else { return "0" }
    let hundredths = Int((value * 100).rounded())
    let text = "\(hundredths < 0 ? "-" : "")\(hundredths.magnitude / 100)"
    let rest = hundredths.magnitude % 100
    if rest == 0 { return text }
    return rest % 10 == 0 ? "\(text).\(rest / 10)" : "\(text).\(rest < 10 ? "0" : "")\(rest)"
  }
}
