/// What an `Authorization` field of the scheme Basic says (RFC 7617). Bytes, of whatever encoding.
struct BasicCredentials: Sendable, Hashable {
  let user: [UInt8]
  let password: [UInt8]

  init(user: [UInt8], password: [UInt8]) {
    self.user = user
    self.password = password
  }

  /// nil where it is of another scheme or malformed: the scheme in any case, one space, Base64 with its padding.
  init?(field: String) {
    let scheme = Array("basic ".utf8)
    let bytes = Array(field.utf8)
    guard bytes.count > scheme.count, zip(bytes, scheme).allSatisfy({ $0 | 0x20 == $1 }), bytes[5] == scheme[5]
    else { return nil }
    // field values come without the blanks around them, but for those that the decoder left
    let end = bytes.lastIndex { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") } ?? 0
    guard end >= scheme.count, let decoded = Self.decode(bytes[scheme.count...end]),
      let colon = decoded.firstIndex(of: UInt8(ascii: ":"))
    else { return nil }
    user = Array(decoded[..<colon])
    password = Array(decoded[(colon + 1)...])
  }

  /// The value of an `Authorization` field.
  var field: String { "Basic " + String(decoding: Self.encode(user + [UInt8(ascii: ":")] + password), as: UTF8.self) }

  /// Base64 of RFC 4648, section 4, with padding.
  private static func encode(_ bytes: [UInt8]) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    return stride(from: 0, to: bytes.count, by: 3).flatMap { start -> [UInt8] in
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      return (0..<4).map { place in
        place > group.count ? UInt8(ascii: "=") : alphabet[Int(bits >> UInt32(18 - 6 * place) & 63)]
      }
    }
  }

  /// Base64 of RFC 4648, section 4, with padding.
  private static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    let padding = text.reversed().prefix { $0 == UInt8(ascii: "=") }.count
    guard padding <= 2 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    var bits: UInt32 = 0
    var count = 0
    for character in text.dropLast(padding) {
      guard let value = value(of: character) else { return nil }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return bytes
  }

  private static func value(of character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
