/// One element of a weighted list header such as `Accept` or `Accept-Encoding`: `name;parameter=value;q=0.5`.
///
/// RFC 9110, sections 5.6 (lists, quoted strings, parameters) and 12.4.2 (weights).
struct HeaderElement: Equatable {
  struct Parameter: Equatable {
    /// In lower case.
    let name: String
    let value: String
  }

  /// Media range or coding, in lower case.
  let name: String
  /// Those ahead of `q`; what follows it is no parameter of the name.
  let parameters: [Parameter]
  /// Thousandths; 1000 where no `q` is given, 0 for what the client refuses.
  let weight: Int

  func parameter(_ name: String) -> String? { parameters.first { $0.name == name }?.value }

  /// The elements of all `lines` of the header, in order. Malformed elements are left out.
  static func parse(_ lines: [String]) -> [HeaderElement] {
    lines.flatMap { line in
      split(Array(line.utf8)[...], at: UInt8(ascii: ",")).compactMap(HeaderElement.init(text:))
    }
  }

  private init?(text: ArraySlice<UInt8>) {
    let parts = Self.split(text, at: UInt8(ascii: ";")).map(Self.trim)
    guard let first = parts.first, !first.isEmpty, first.allSatisfy({ Self.isToken($0) || $0 == UInt8(ascii: "/") })
    else { return nil }
    var parameters: [Parameter] = []
    var weight: Int?
    for part in parts.dropFirst() where !part.isEmpty {
      guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else {
        // After `q` parameters need no value.
        if weight != nil { continue }
        return nil
      }
      let name = part[..<equals]
      guard !name.isEmpty, name.allSatisfy(Self.isToken), let value = Self.value(part[(equals + 1)...]) else {
        return nil
      }
      if weight != nil { continue }
      let lowercased = Self.lowercased(name)
      if lowercased == "q" {
        guard let parsed = Self.weight(value) else { return nil }
        weight = parsed
      } else {
        parameters.append(Parameter(name: lowercased, value: String(decoding: value, as: UTF8.self)))
      }
    }
    self.name = Self.lowercased(first)
    self.parameters = parameters
    self.weight = weight ?? 1000
  }

  /// Splits at `separator` outside of quoted strings.
  private static func split(_ text: ArraySlice<UInt8>, at separator: UInt8) -> [ArraySlice<UInt8>] {
    var parts: [ArraySlice<UInt8>] = []
    var start = text.startIndex
    var isQuoted = false
    var isEscaped = false
    for index in text.indices {
      let byte = text[index]
      if isEscaped {
        isEscaped = false
      } else if isQuoted, byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isQuoted.toggle()
      } else if byte == separator, !isQuoted {
        parts.append(text[start..<index])
        start = index + 1
      }
    }
    parts.append(text[start...])
    return parts
  }

  /// Without the optional white space around it.
  private static func trim(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    guard let first = text.firstIndex(where: { !isSpace($0) }), let last = text.lastIndex(where: { !isSpace($0) })
    else { return [] }
    return text[first...last]
  }

  /// A token as it is, a quoted string without quotes and escapes, nil for anything else.
  private static func value(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    guard text.first == UInt8(ascii: "\"") else {
      return !text.isEmpty && text.allSatisfy(isToken) ? Array(text) : nil
    }
    var value: [UInt8] = []
    var isEscaped = false
    for index in text.indices.dropFirst() {
      let byte = text[index]
      if isEscaped {
        isEscaped = false
        value.append(byte)
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        return index == text.endIndex - 1 ? value : nil
      } else {
        value.append(byte)
      }
    }
    return nil
  }

  /// `0` to `1` with up to three decimals, in thousandths.
  private static func weight(_ text: [UInt8]) -> Int? {
    guard let first = text.first, first == UInt8(ascii: "0") || first == UInt8(ascii: "1"), text.count <= 5 else {
      return nil
    }
    var thousandths = first == UInt8(ascii: "1") ? 1000 : 0
    guard text.count > 1 else { return thousandths }
    guard text[1] == UInt8(ascii: ".") else { return nil }
    var scale = 100
    for byte in text[2...] {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      thousandths += Int(byte - UInt8(ascii: "0")) * scale
      scale /= 10
    }
    return thousandths <= 1000 ? thousandths : nil
  }

  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }

  private static func lowercased(_ text: ArraySlice<UInt8>) -> String {
    String(decoding: text, as: UTF8.self).lowercased()
  }
}
