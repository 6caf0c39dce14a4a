internal import ByteText

/// Text as a terminal shows it: how many columns it takes, and nothing in it that moves the cursor.
package enum DisplayText {
  /// Stands for what cannot be shown.
  private static let replacement: Unicode.Scalar = "?"

  /// What East Asian Width (Unicode Standard Annex #11) calls wide or fullwidth, letters and symbols alike.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x231A...0x231B, 0x2329...0x232A, 0x23E9...0x23EC, 0x25FD...0x25FE, 0x2614...0x2615,
    0x2648...0x2653, 0x26AA...0x26AB, 0x26BD...0x26BE, 0x26C4...0x26C5, 0x2705...0x2705, 0x270A...0x270B,
    0x2728...0x2728, 0x274C...0x274C, 0x2753...0x2755, 0x2757...0x2757, 0x2795...0x2797, 0x2B1B...0x2B1C,
    0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
    0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF,
    0x1F900...0x1F9FF, 0x20000...0x2FFFD, 0x30000...0x3FFFD,
  ]

  /// One or two columns; nil: terminals differ about it, or obey it, so that it cannot be shown.
  private static func width(of scalar: Unicode.Scalar) -> Int? {
    if scalar.value < 0x7F { return scalar.value >= 0x20 ? 1 : nil }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned,
      .nonspacingMark, .enclosingMark, .spacingMark:
      return nil
    default:
      return wide.contains { $0.contains(scalar.value) } ? 2 : 1
    }
  }

  /// How many columns the text takes, once it is printable.
  package static func width(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { $0 + (width(of: $1) ?? 1) }
  }

  /// The text with a question mark for each scalar that cannot be shown.
  package static func printable(_ text: String) -> String {
    if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { shown.append(width(of: scalar) == nil ? replacement : scalar) }
    return String(shown)
  }

  /// What of printable text has room in `columns`: the end makes way for an ellipsis where it is longer.
  package static func shortened(_ text: String, to columns: Int) -> String {
    if width(text) <= columns { return text }
    if columns < 1 { return "" }
    var shown = String.UnicodeScalarView()
    var used = 1
    for scalar in text.unicodeScalars {
      used += width(of: scalar) ?? 1
      if used > columns { break }
      shown.append(scalar)
    }
    return String(shown) + "…"
  }

  /// The same of a path: folders at its beginning make way first, for many have those in common.
  package static func shortenedPath(_ text: String, to columns: Int) -> String {
    var rest = text[...]
    while width(String(rest)) + (rest.startIndex == text.startIndex ? 0 : 1) > columns,
      let slash = rest.utf8.dropFirst().firstIndex(of: UInt8(ascii: "/")), rest.utf8.index(after: slash) < rest.endIndex
    {
      rest = rest[slash...]
    }
    return shortened(rest.startIndex == text.startIndex ? text : "…" + rest, to: columns)
  }

  /// Shortened or filled with spaces to exactly `columns`.
  package static func fitted(_ text: String, to columns: Int, isRight: Bool = false) -> String {
    let text = shortened(text, to: columns)
    let space = String(repeating: " ", count: max(0, columns - width(text)))
    return isRight ? space + text : text + space
  }
}
