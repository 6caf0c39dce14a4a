/// A value to be written as JSON (RFC 8259).
package indirect enum JSON: Sendable {
  /// In the order given.
  case object([(String, JSON)])
  case array([JSON])
  case string(String)
  case unsigned(UInt64)
  case integer(Int64)
  /// `value / 10^digits`, exact.
  case decimal(UInt64, digits: Int)
  /// A number as it is to be written, such as an exact decimal.
  case number(String)
  /// Null where it is no number.
  case double(Double)
  case bool(Bool)
  case null

  /// Indented by two spaces, with a newline at its end.
  package var text: String {
    var text = ""
    write(to: &text, indent: 0)
    return text + "\n"
  }

  /// On one line, without spaces.
  package var compactText: String {
    var text = ""
    write(to: &text, indent: nil)
    return text
  }

  /// `indent` nil: on one line.
  private func write(to text: inout String, indent: Int?) {
    switch self {
    case .object(let members):
      Self.write(members, "{", "}", to: &text, indent: indent) { member, text in
        text += Self.quoted(member.0) + (indent == nil ? ":" : ": ")
        member.1.write(to: &text, indent: indent.map { $0 + 2 })
      }
    case .array(let elements):
      Self.write(elements, "[", "]", to: &text, indent: indent) { element, text in
        element.write(to: &text, indent: indent.map { $0 + 2 })
      }
    case .string(let string): text += Self.quoted(string)
    case .unsigned(let number): text += String(number)
    case .integer(let number): text += String(number)
    case .decimal(let value, let digits): text += Self.decimal(value, digits: digits)
    case .number(let number): text += number
    case .double(let number): text += number.isFinite ? "\(number)" : "null"
    case .bool(let isTrue): text += isTrue ? "true" : "false"
    case .null: text += "null"
    }
  }

  private static func write<Element>(
    _ elements: [Element], _ open: String, _ close: String, to text: inout String, indent: Int?,
    _ body: (Element, inout String) -> Void
  ) {
    text += open
    for (index, element) in elements.enumerated() {
      if index > 0 { text += "," }
      if let indent { text += "\n" + String(repeating: " ", count: indent + 2) }
      body(element, &text)
    }
    if let indent, !elements.isEmpty { text += "\n" + String(repeating: " ", count: indent) }
    text += close
  }

  /// `value / 10^digits` without an exponent.
  package static func decimal(_ value: UInt64, digits: Int) -> String {
    let text = String(value)
    if digits == 0 { return text }
    let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    return padded.dropLast(digits) + "." + padded.suffix(digits)
  }

  /// A string in quotes; control characters cannot break out of the line.
  package static func quoted(_ value: String) -> String {
    var result = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case "\u{0}"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
