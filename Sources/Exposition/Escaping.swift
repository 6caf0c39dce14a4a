/// The escapes that both text formats share.
enum Escaping {
  /// Appends `text`, which must be valid UTF-8, with `\` and newline escaped, and `"` where `quotes` is set: label values
  /// have it escaped in both formats, help texts in OpenMetrics only.
  ///
  /// NUL becomes U+FFFD: OpenMetrics allows it, but to Prometheus's own lexer it is the end of the input. All other
  /// control characters are legal in both formats.
  static func append(_ text: UnsafeBufferPointer<UInt8>, quotes: Bool, to bytes: inout [UInt8]) {
    // Without an early exit, so that the loop is vectorized; hardly any text has something to escape.
    let isPlain = text.reduce(into: true) { $0 = $0 && !isSpecial($1) }
    if isPlain { return bytes.append(contentsOf: text) }
    for byte in text {
      switch byte {
      case UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case UInt8(ascii: "\""):
        if quotes { bytes.append(UInt8(ascii: "\\")) }
        bytes.append(byte)
      case UInt8(ascii: "\n"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(UInt8(ascii: "n"))
      case 0:
        bytes.append(contentsOf: "\u{FFFD}".utf8)
      default:
        bytes.append(byte)
      }
    }
  }

  private static func isSpecial(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\n") || byte == 0
  }
}
