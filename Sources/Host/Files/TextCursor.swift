/// Walks over the text of a kernel file, byte by byte, without making strings.
package struct TextCursor: ~Escapable {
  private let bytes: Span<UInt8>
  package private(set) var position = 0

  @_lifetime(copy bytes)
  package init(_ bytes: Span<UInt8>) { self.bytes = bytes }

  package var isAtEnd: Bool { position == bytes.count }

  /// The byte here, nil at the end.
  package var next: UInt8? { isAtEnd ? nil : bytes[position] }

  /// Steps over `prefix` if it stands here.
  package mutating func skip(_ prefix: StaticString) -> Bool {
    let count = prefix.utf8CodeUnitCount
    guard bytes.count - position >= count else { return false }
    for offset in 0..<count where bytes[position + offset] != prefix.utf8Start[offset] { return false }
    position += count
    return true
  }

  /// Steps over one byte, if there is one.
  package mutating func skipByte() {
    if !isAtEnd { position += 1 }
  }

  /// Steps over spaces and tabs.
  package mutating func skipSpaces() {
    while let byte = next, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { position += 1 }
  }

  /// Steps to the next `byte`, or to the end.
  package mutating func skip(to byte: UInt8) {
    while let here = next, here != byte { position += 1 }
  }

  /// Steps over the rest of the line and its newline.
  package mutating func skipLine() {
    skip(to: UInt8(ascii: "\n"))
    if !isAtEnd { position += 1 }
  }

  /// A decimal number. Nil, and no step, where none stands here or it exceeds 64 bits.
  package mutating func unsigned() -> UInt64? {
    var value: UInt64 = 0
    var end = position
    while end < bytes.count, bytes[end] &- UInt8(ascii: "0") < 10 {
      let (tens, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, over) = tens.addingReportingOverflow(UInt64(bytes[end] &- UInt8(ascii: "0")))
      if tooLarge || over { return nil }
      value = sum
      end += 1
    }
    guard end > position else { return nil }
    position = end
    return value
  }

  /// `bytes` as one decimal number with nothing but a newline after it, as sysfs writes it.
  package static func number(_ bytes: Span<UInt8>, path: String) throws(HostError) -> UInt64 {
    var cursor = TextCursor(bytes)
    guard let value = cursor.unsigned() else { throw .malformed(path, expected: "a number", in: bytes) }
    _ = cursor.skip("\n")
    guard cursor.isAtEnd else { throw .malformed(path, expected: "one number", in: bytes) }
    return value
  }
}
