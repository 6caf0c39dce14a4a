internal import ByteText

/// Header fields that a web configuration file adds to responses.
struct ResponseHeaders: Sendable, Hashable {
  struct Field: Sendable, Hashable {
    let name: String
    let value: String
  }

  private(set) var fields: [Field] = []

  /// What may be configured, and to which values where there are but a few.
  private static let allowed: [String: [String]] = [
    "Content-Security-Policy": [],
    "Strict-Transport-Security": [],
    "X-Content-Type-Options": ["nosniff"],
    "X-Frame-Options": ["deny", "sameorigin"],
    "X-XSS-Protection": [],
  ]

  init() {}

  init(_ value: YAMLValue) throws(WebConfigurationFileError) {
    for entry in try YAMLSection.entries(value, name: "headers") {
      guard let values = Self.allowed[entry.key] else {
        throw WebConfigurationFileError(
          "the header \"\(entry.key.printable())\" cannot be configured: only, in these letters, "
            + Self.allowed.keys.sorted().joined(separator: ", "), line: entry.line)
      }
      let text = try YAMLSection.text(entry.value, name: entry.key) ?? ""
      guard values.isEmpty || values.contains(text) else {
        throw WebConfigurationFileError(
          "\(entry.key) cannot be \"\(text.printable())\": only \(values.joined(separator: " or "))", line: entry.line)
      }
      fields.append(Field(name: entry.key, value: try Self.oneLine(text, of: entry)))
    }
  }

  /// Line breaks become blanks, so that none ends the field.
  private static func oneLine(_ text: String, of entry: YAMLValue.Entry) throws(WebConfigurationFileError) -> String {
    let bytes = text.utf8.map { [UInt8(ascii: "\r"), UInt8(ascii: "\n")].contains($0) ? UInt8(ascii: " ") : $0 }
    guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == UInt8(ascii: "\t") }) else {
      throw WebConfigurationFileError("\(entry.key) has a control character", line: entry.line)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
