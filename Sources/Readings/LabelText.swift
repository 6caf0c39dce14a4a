/// Labels as text has them: `name="value",name="value"`.
enum LabelText {
  /// All of `text`; nil where it is anything else.
  static func labels(_ text: ArraySlice<UInt8>) -> Labels? {
    if text.isEmpty { return Labels.none }
    var index = text.startIndex
    guard let labels = labels(text, from: &index), index == text.endIndex else { return nil }
    return labels
  }

  /// Labels up to the brace that ends them, or the end of the text. Nil where they are malformed, or one is there twice.
  static func labels(_ text: ArraySlice<UInt8>, from index: inout Int) -> Labels? {
    var pairs: [(name: String, value: String)] = []
    while index < text.endIndex, text[index] != UInt8(ascii: "}") {
      guard let name = name(text, from: &index), skip("=", text, &index), skip("\"", text, &index),
        let value = value(text, from: &index)
      else { return nil }
      pairs.append((name, value))
      skipSpaces(text, &index)
      if index < text.endIndex, text[index] == UInt8(ascii: ",") {
        index += 1
        skipSpaces(text, &index)
      } else if index < text.endIndex, text[index] != UInt8(ascii: "}") {
        return nil
      }
    }
    let labels = Labels(pairs)
    let names = labels.pairs.map(\.name)
    return zip(names, names.dropFirst()).contains { $0 == $1 } ? nil : labels
  }

  /// `[a-zA-Z_][a-zA-Z0-9_]*`, and colons in names of metrics.
  static func name(_ text: ArraySlice<UInt8>, from index: inout Int) -> String? {
    let start = index
    while index < text.endIndex, isName(text[index], isFirst: index == start) { index += 1 }
    return index > start ? String(decoding: text[start..<index], as: UTF8.self) : nil
  }

  private static func isName(_ byte: UInt8, isFirst: Bool) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
      UInt8(ascii: ":"):
      true
    case UInt8(ascii: "0")...UInt8(ascii: "9"): !isFirst
    default: false
    }
  }

  private static func skip(_ character: Unicode.Scalar, _ text: ArraySlice<UInt8>, _ index: inout Int) -> Bool {
    guard index < text.endIndex, text[index] == UInt8(ascii: character) else { return false }
    index += 1
    return true
  }

  static func skipSpaces(_ text: ArraySlice<UInt8>, _ index: inout Int) {
    while index < text.endIndex, text[index] == UInt8(ascii: " ") || text[index] == UInt8(ascii: "\t") { index += 1 }
  }

  /// A value up to its closing quotation mark, without escapes.
  private static func value(_ text: ArraySlice<UInt8>, from index: inout Int) -> String? {
    let start = index
    guard let end = text[start...].firstIndex(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) else {
      return nil
    }
    if text[end] == UInt8(ascii: "\"") {
      index = end + 1
      return String(decoding: text[start..<end], as: UTF8.self)
    }
    var bytes = Array(text[start..<end])
    index = end
    while index < text.endIndex {
      let byte = text[index]
      index += 1
      if byte == UInt8(ascii: "\"") { return String(decoding: bytes, as: UTF8.self) }
      guard byte == UInt8(ascii: "\\") else {
        bytes.append(byte)
        continue
      }
      guard index < text.endIndex else { return nil }
      switch text[index] {
      case UInt8(ascii: "n"): bytes.append(UInt8(ascii: "\n"))
      case UInt8(ascii: "\\"), UInt8(ascii: "\""): bytes.append(text[index])
      default: bytes += [byte, text[index]]
      }
      index += 1
    }
    return nil
  }
}
