/// JSON (RFC 8259). Numbers are written as they were given, so that exact ones stay so.
indirect enum JSONValue {
  case object([(String, JSONValue)])
  case array([JSONValue])
  case text(String)
  case number(String)
  case null

  /// JSON has no other numbers than finite ones.
  static func real(_ value: Double?) -> JSONValue {
    guard let value, value.isFinite else { return .null }
    return .number("\(value)")
  }

  static func exact(_ value: Exact?) -> JSONValue { value.map { .number($0.text) } ?? .null }
  static func count(_ value: some BinaryInteger) -> JSONValue { .number("\(value)") }
  static func text(_ value: String?) -> JSONValue { value.map { .text($0) } ?? .null }

  func append(to text: inout String) {
    switch self {
    case .object(let members):
      text += "{"
      for (index, (name, value)) in members.enumerated() {
        if index > 0 { text += "," }
        Self.append(quoted: name, to: &text)
        text += ":"
        value.append(to: &text)
      }
      text += "}"
    case .array(let elements):
      text += "["
      for (index, element) in elements.enumerated() {
        if index > 0 { text += "," }
        element.append(to: &text)
      }
      text += "]"
    case .text(let value): Self.append(quoted: value, to: &text)
    case .number(let value): text += value
    case .null: text += "null"
    }
  }

  private static func append(quoted value: String, to text: inout String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      default:
        if scalar.value < 0x20 {
          let hex = String(scalar.value, radix: 16)
          text += "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
        } else {
          text.unicodeScalars.append(scalar)
        }
      }
    }
    text += "\""
  }
}
