/// A sample's number: exact where its source or its text is, to a billionth.
package enum Number: Sendable, Hashable {
  /// Billionths.
  case exact(Int128)
  case inexact(Double)

  package static let zero = Number.exact(0)

  private static let billion: Int128 = 1_000_000_000

  /// A whole number.
  package init(_ value: some FixedWidthInteger) { self = Self.scaled(Int128(truncatingIfNeeded: value), digits: 0) }

  /// `value / 10^digits`.
  package init(_ value: UInt64, digits: UInt8) { self = Self.scaled(Int128(value), digits: Int(digits)) }

  /// The number that `text` is in both text formats, `NaN` and `+Inf` among them; nil where it is none.
  package init?(parsing text: some Collection<UInt8>) {
    if let exact = Self.exactly(text) {
      self = .exact(exact)
      return
    }
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    let text = String(decoding: text, as: UTF8.self)
    switch text.utf8.first.map({ digits.contains($0) || "+-.".utf8.contains($0) }) {
    case true where text.utf8.allSatisfy({ digits.contains($0) || "+-.eE".utf8.contains($0) }):
      guard let value = Double(text) else { return nil }
      self = .inexact(value)
    default:
      guard let value = Self.words[text] else { return nil }
      self = .inexact(value)
    }
  }

  private static let words: [String: Double] = ["NaN": .nan, "+Inf": .infinity, "Inf": .infinity, "-Inf": -.infinity]

  private static func scaled(_ value: Int128, digits: Int) -> Number {
    guard digits <= 9 else { return .inexact(Double(value) / power(digits)) }
    return .exact((digits..<9).reduce(value) { scaled, _ in scaled * 10 })
  }

  private static func power(_ digits: Int) -> Double { (0..<digits).reduce(1.0) { power, _ in power * 10 } }

  /// A decimal without exponent of at most 20 digits ahead of the point, so that no sum of a few overflows, and 9 behind it.
  private static func exactly(_ text: some Collection<UInt8>) -> Int128? {
    var value: Int128 = 0
    var (whole, fraction) = (0, 0)
    var (isNegative, hasPoint) = (false, false)
    for (index, byte) in text.enumerated() {
      switch byte {
      case UInt8(ascii: "-") where index == 0: isNegative = true
      case UInt8(ascii: ".") where !hasPoint && whole > 0: hasPoint = true
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        value = value * 10 + Int128(byte - UInt8(ascii: "0"))
        if hasPoint { fraction += 1 } else { whole += 1 }
        if whole > 20 || fraction > 9 { return nil }
      default: return nil
      }
    }
    // "1." is a number to a float parser, which is asked then
    guard whole > 0, !hasPoint || fraction > 0 else { return nil }
    // a negative zero has no exact form
    if isNegative && value == 0 { return nil }
    let scaled = (fraction..<9).reduce(value) { scaled, _ in scaled * 10 }
    return isNegative ? -scaled : scaled
  }

  package var double: Double {
    switch self {
    case .exact(let value):
      let (whole, rest) = value.quotientAndRemainder(dividingBy: Self.billion)
      return rest == 0 ? Double(whole) : Double(value) / Double(Self.billion)
    case .inexact(let value): return value
    }
  }

  package static func + (one: Number, other: Number) -> Number {
    one.combined(other, { $0.addingReportingOverflow($1) }, +)
  }
  package static func - (one: Number, other: Number) -> Number {
    one.combined(other, { $0.subtractingReportingOverflow($1) }, -)
  }
  package static func += (one: inout Number, other: Number) { one = one + other }

  package static func < (one: Number, other: Number) -> Bool {
    if case (.exact(let one), .exact(let other)) = (one, other) { return one < other }
    return one.double < other.double
  }

  private func combined(
    _ other: Number, _ exactly: (Int128, Int128) -> (partialValue: Int128, overflow: Bool),
    _ roughly: (Double, Double) -> Double
  ) -> Number {
    if case (.exact(let one), .exact(let other)) = (self, other) {
      let (value, isTooLarge) = exactly(one, other)
      if !isTooLarge { return .exact(value) }
    }
    return .inexact(roughly(double, other.double))
  }
}
