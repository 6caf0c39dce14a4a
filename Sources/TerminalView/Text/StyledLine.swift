internal import ByteText

/// A line of the screen: printable text in pieces, each in one style.
package struct StyledLine: Sendable, Hashable {
  package enum Style: Sendable, Hashable {
    case plain
    /// What a figure is of.
    case label
    /// What counts most.
    case strong
    /// What is no process or control group of its own.
    case faint
    /// A bar across the screen.
    case bar
    /// Something is missing or wrong.
    case warning

    /// The parameters of its SGR sequence (ECMA-48); nil: none.
    fileprivate func code(hasColours: Bool) -> String? {
      switch self {
      case .plain: nil
      case .label: hasColours ? "36" : nil
      case .strong: "1"
      case .faint: "2"
      case .bar: "7"
      case .warning: hasColours ? "33" : "1"
      }
    }
  }

  struct Piece: Sendable, Hashable {
    let text: String
    let style: Style
  }

  private(set) var pieces: [Piece] = []

  package init() {}

  /// - Parameter text: made printable.
  package init(_ text: String, _ style: Style = .plain) { append(text, style) }

  package mutating func append(_ text: String, _ style: Style = .plain) {
    if !text.isEmpty { pieces.append(Piece(text: DisplayText.printable(text), style: style)) }
  }

  package mutating func append(_ line: StyledLine) { pieces += line.pieces }

  /// Without styles.
  package var text: String { pieces.map(\.text).joined() }
  /// In columns.
  package var width: Int { pieces.reduce(0) { $0 + DisplayText.width($1.text) } }

  /// What has room in so many columns.
  package func shortened(to columns: Int) -> StyledLine {
    if width <= columns { return self }
    var line = StyledLine()
    var left = columns
    for piece in pieces {
      let text = DisplayText.shortened(piece.text, to: left)
      line.append(text, piece.style)
      if text != piece.text { break }
      left -= DisplayText.width(text)
    }
    return line
  }

  /// Filled with spaces in the style of its last piece.
  package func filled(to columns: Int) -> StyledLine {
    var line = self
    line.append(String(repeating: " ", count: max(0, columns - width)), pieces.last?.style ?? .plain)
    return line
  }

  /// With the sequences that a terminal styles it by.
  package func rendered(hasColours: Bool) -> String {
    pieces.map { piece in
      guard let code = piece.style.code(hasColours: hasColours) else { return piece.text }
      return "\u{1B}[\(code)m\(piece.text)\u{1B}[0m"
    }.joined()
  }
}
