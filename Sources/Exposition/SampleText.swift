/// What the lines of all text formats have in common.
enum SampleText {
  /// A line about the family `name`.
  static func comment(
    _ keyword: StaticString, _ name: [UInt8], _ text: String, escapesQuotes: Bool, to bytes: inout [UInt8]
  ) {
    bytes.append(contentsOf: "# ".utf8)
    keyword.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(UInt8(ascii: " "))
    bytes.append(contentsOf: name)
    bytes.append(UInt8(ascii: " "))
    var text = text
    text.withUTF8 { Escaping.append($0, quotes: escapesQuotes, to: &bytes) }
    bytes.append(UInt8(ascii: "\n"))
  }

  /// A sample's labels in braces, if any, and the space ahead of its value.
  static func labels(_ labels: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
    if !labels.isEmpty {
      bytes.append(UInt8(ascii: "{"))
      bytes.append(contentsOf: labels)
      bytes.append(UInt8(ascii: "}"))
    }
    bytes.append(UInt8(ascii: " "))
  }

  /// A number; a histogram is none.
  static func value(_ value: Snapshot.Value, to bytes: inout [UInt8]) {
    switch value {
    case .integer(let value): DecimalText.append(value, to: &bytes)
    case .unsigned(let value): DecimalText.append(magnitude: value, isNegative: false, to: &bytes)
    case .double(let value): DecimalText.append(value, to: &bytes)
    case .decimal(let value, let digits): DecimalText.append(value, digits: digits, to: &bytes)
    case .histogram: break
    }
  }
}
