internal import FixedPoint

/// Numbers as short text, of at most six columns up to a billion of whatever it is.
package enum Quantity {
  /// Three significant digits or more: `0.034`, `7.667`, `12.35`, `345.6`, `1.23k`.
  package static func watts(_ value: Double) -> String {
    let magnitude = value.magnitude
    if magnitude < 9.9995 { return fixed(value, 3) }
    if magnitude < 99.995 { return fixed(value, 2) }
    if magnitude < 999.95 { return fixed(value, 1) }
    return scaled(value, by: 1000)
  }

  /// A part of a CPU as a percentage of one: `0.3`, `87.5`, `1234`.
  package static func percent(_ part: Double) -> String {
    let value = part * 100
    return value.magnitude < 999.95 ? fixed(value, 1) : scaled(value, by: 1000, below: 99_999.5)
  }

  /// Events: `0`, `0.5`, `12.3`, `4567`, `12.3k`.
  package static func count(_ value: Double) -> String {
    if value == 0 { return "0" }
    return value.magnitude < 99.95 ? fixed(value, 1) : scaled(value, by: 1000, below: 9999.5)
  }

  /// Bytes, in powers of 1024: `0`, `512`, `1.50K`, `12.3M`.
  package static func bytes(_ value: Double) -> String { scaled(value, by: 1024, below: 999.5) }

  /// A time in seconds: `0`, `850ns`, `12.3us`, `4.56ms`, `1.20s`.
  package static func time(_ seconds: Double) -> String {
    if !seconds.isFinite { return "?" }
    if seconds == 0 { return "0" }
    for (unit, scale) in [("ns", 1e9), ("us", 1e6), ("ms", 1e3)] where seconds * scale < 999.5 {
      return significant(seconds * scale) + unit
    }
    return significant(seconds) + "s"
  }

  private static func scaled(_ value: Double, by step: Double, below most: Double = 999.5) -> String {
    guard value.isFinite else { return "?" }
    if value.magnitude < most { return fixed(value, 0) }
    var value = value
    for suffix in step == 1024 ? ["K", "M", "G", "T", "P", "E"] : ["k", "M", "G", "T", "P", "E"] {
      value /= step
      if value.magnitude < 999.5 { return significant(value) + suffix }
    }
    return "?"
  }

  /// Three significant digits.
  private static func significant(_ value: Double) -> String {
    fixed(value, value.magnitude < 9.995 ? 2 : value.magnitude < 99.95 ? 1 : 0)
  }

  /// So many digits behind the point; a question mark for what is no number or beyond all reason.
  static func fixed(_ value: Double, _ digits: Int) -> String { FixedPoint.text(value, digits: digits) ?? "?" }
}
