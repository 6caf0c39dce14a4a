/// A key, as a terminal sends it.
package enum Key: Sendable, Hashable {
  case character(Unicode.Scalar)
  case up
  case down
  case left
  case right
  case pageUp
  case pageDown
  case home
  case end
  case enter
  case escape
  case backspace

  /// The keys that `bytes` are, which have been read at once; what is none is left out.
  ///
  /// Sequences: ECMA-48, as xterm sends them (ctlseqs, "PC-Style Function Keys", "VT220-Style Function Keys").
  package static func keys(_ bytes: [UInt8]) -> [Key] {
    var keys: [Key] = []
    var rest = bytes[...]
    while let byte = rest.popFirst() {
      switch byte {
      case 0x1B:
        if let next = rest.first, next == UInt8(ascii: "[") || next == UInt8(ascii: "O") {
          rest.removeFirst()
          if let key = sequence(&rest) { keys.append(key) }
        } else {
          keys.append(.escape)
        }
      case 0x0A, 0x0D: keys.append(.enter)
      case 0x08, 0x7F: keys.append(.backspace)
      case 0x20..<0x7F: keys.append(.character(Unicode.Scalar(byte)))
      case 0xC2...0xF4:
        if let scalar = scalar(byte, &rest) { keys.append(.character(scalar)) }
      default: break
      }
    }
    return keys
  }

  /// A control sequence behind its introducer: parameters, then the byte that ends it.
  private static func sequence(_ rest: inout ArraySlice<UInt8>) -> Key? {
    var parameters: [UInt8] = []
    while let byte = rest.popFirst() {
      guard (0x40...0x7E).contains(byte) else {
        parameters.append(byte)
        continue
      }
      switch byte {
      case UInt8(ascii: "A"): return .up
      case UInt8(ascii: "B"): return .down
      case UInt8(ascii: "C"): return .right
      case UInt8(ascii: "D"): return .left
      case UInt8(ascii: "H"): return .home
      case UInt8(ascii: "F"): return .end
      case UInt8(ascii: "~"): return numbered[String(decoding: parameters, as: UTF8.self)]
      default: return nil
      }
    }
    return nil
  }

  private static let numbered: [String: Key] = [
    "1": .home, "4": .end, "5": .pageUp, "6": .pageDown, "7": .home, "8": .end,
  ]

  private static func scalar(_ first: UInt8, _ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar? {
    let count = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3
    let bytes = [first] + rest.prefix(count)
    rest = rest.dropFirst(count)
    let scalars = String(validating: bytes, as: UTF8.self)?.unicodeScalars
    return scalars?.count == 1 ? scalars?.first : nil
  }
}
