extension String {
  /// Text from outside fit for a terminal: short, and without control characters.
  package func printable(characters: Int = 64) -> String {
    var shown = ""
    for scalar in unicodeScalars.prefix(characters) {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
        shown.append("\u{FFFD}")
      default:
        shown.unicodeScalars.append(scalar)
      }
    }
    return shown + (unicodeScalars.count > characters ? "..." : "")
  }
}
