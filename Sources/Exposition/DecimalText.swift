/// Numbers as decimal text, written straight into bytes: no `String` and no allocation.
package enum DecimalText {
  static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
    append(magnitude: UInt64(value.magnitude), isNegative: value < 0, to: &bytes)
  }

  /// A whole number.
  package static func append(magnitude: UInt64, isNegative: Bool, to bytes: inout [UInt8]) {
    if isNegative { bytes.append(UInt8(ascii: "-")) }
    let digits = Digits(magnitude)
    digits.append(0..<digits.count, to: &bytes)
  }

  /// Exactly `value / 10^digits`, without trailing zeros and without a point where the value is whole: `4.2`, `0`, `17`.
  package static func append(_ value: UInt64, digits: UInt8, to bytes: inout [UInt8]) {
    var value = value
    var fraction = Int(digits)
    if value == 0 { fraction = 0 }
    while fraction > 0 {
      let (quotient, remainder) = value.quotientAndRemainder(dividingBy: 10)
      guard remainder == 0 else { break }
      value = quotient
      fraction -= 1
    }
    let text = Digits(value)
    guard fraction > 0 else { return text.append(0..<text.count, to: &bytes) }
    let whole = text.count - fraction
    if whole > 0 {
      text.append(0..<whole, to: &bytes)
      bytes.append(UInt8(ascii: "."))
      text.append(whole..<text.count, to: &bytes)
    } else {
      bytes.append(UInt8(ascii: "0"))
      bytes.append(UInt8(ascii: "."))
      for _ in whole..<0 { bytes.append(UInt8(ascii: "0")) }
      text.append(0..<text.count, to: &bytes)
    }
  }

  /// The shortest text that reads back as `value`; `NaN`, `+Inf` and `-Inf` as both text formats spell them.
  package static func append(_ value: Double, to bytes: inout [UInt8]) {
    guard value.isFinite else {
      return bytes.append(contentsOf: (value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf").utf8)
    }
    var stream = ByteStream()
    swap(&stream.bytes, &bytes)
    value.write(to: &stream)
    swap(&stream.bytes, &bytes)
    let end = bytes.count
    if end >= 2, bytes[end - 2] == UInt8(ascii: "."), bytes[end - 1] == UInt8(ascii: "0") { bytes.removeLast(2) }
  }
}

/// The decimal digits of a number, most significant first.
private struct Digits {
  private var bytes = InlineArray<20, UInt8>(repeating: UInt8(ascii: "0"))
  private var start = 20
  var count: Int { 20 - start }

  init(_ value: UInt64) {
    var rest = value
    repeat {
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      start -= 1
      bytes[start] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit)
      rest = quotient
    } while rest > 0
  }

  func append(_ range: Range<Int>, to output: inout [UInt8]) {
    output.append(addingCapacity: range.count) { span in
      for index in range { span.append(bytes[start + index]) }
    }
  }
}

/// Takes what `Double` prints. The standard library hands ASCII to `_writeASCII` where a stream has it; without it every
/// number longer than 15 bytes would be a `String` on the heap first.
private struct ByteStream: TextOutputStream {
  var bytes: [UInt8] = []

  mutating func write(_ string: String) { bytes.append(contentsOf: string.utf8) }
  mutating func _writeASCII(_ buffer: UnsafeBufferPointer<UInt8>) { bytes.append(contentsOf: buffer) }
}
