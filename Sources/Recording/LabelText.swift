/// Labels as they are exposed: `name="value",name="value"`.
enum LabelText {
  /// Takes them apart and unescapes the values; nil where they are written differently.
  static func pairs(_ labels: [UInt8]) -> [(name: String, value: String)]? {
    var pairs: [(name: String, value: String)] = []
    var rest = labels[...]
    while !rest.isEmpty {
      guard let equals = rest.firstIndex(of: UInt8(ascii: "=")), equals > rest.startIndex else { return nil }
      let name = rest[..<equals]
      rest = rest[(equals + 1)...]
      guard rest.popFirst() == UInt8(ascii: "\""), let value = value(&rest) else { return nil }
      pairs.append((String(decoding: name, as: UTF8.self), value))
      guard let comma = rest.popFirst() else { break }
      guard comma == UInt8(ascii: ","), !rest.isEmpty else { return nil }
    }
    return pairs
  }

  /// Up to the closing quote, which is taken, too.
  private static func value(_ rest: inout ArraySlice<UInt8>) -> String? {
    var value: [UInt8] = []
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: value, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let escaped = rest.popFirst() else { return nil }
        switch escaped {
        case UInt8(ascii: "n"): value.append(UInt8(ascii: "\n"))
        case UInt8(ascii: "\\"), UInt8(ascii: "\""): value.append(escaped)
        default: return nil
        }
      default: value.append(byte)
      }
    }
    return nil
  }
}

extension LabelText {
  /// Writes labels as they are exposed.
  static func text(_ pairs: [(name: String, value: String)]) -> [UInt8] {
    var text: [UInt8] = []
    for (name, value) in pairs {
      if !text.isEmpty { text.append(UInt8(ascii: ",")) }
      text += "\(name)=\"".utf8
      for byte in value.utf8 {
        switch byte {
        case UInt8(ascii: "\\"), UInt8(ascii: "\""): text += [UInt8(ascii: "\\"), byte]
        case UInt8(ascii: "\n"): text += "\\n".utf8
        // the end of the input to Prometheus
        case 0: text += "\u{FFFD}".utf8
        default: text.append(byte)
        }
      }
      text.append(UInt8(ascii: "\""))
    }
    return text
  }
}
