internal import FixedPoint

/// Figures as people read them.
enum Quantity {
  /// Three digits behind the point below 10, two below 100, one below 1000, none above.
  static func number(_ value: Double) -> String {
    let size = abs(value)
    if !value.isFinite { return "-" }
    return fixed(value, digits: size < 10 ? 3 : size < 100 ? 2 : size < 1000 ? 1 : 0)
  }

  /// With so many digits behind the point, and a comma between thousands.
  static func fixed(_ value: Double, digits: Int) -> String {
    FixedPoint.text(value, digits: digits, hasGroups: true) ?? "\(value)"
  }

  static func count(_ value: UInt64) -> String { FixedPoint.grouped(String(value)) }

  /// Milliseconds below a second.
  static func seconds(_ value: Double) -> String { value < 1 ? "\(number(value * 1000)) ms" : "\(number(value)) s" }

  static func joules(_ value: Double) -> String { "\(number(value)) J" }

  /// The number and the unit, of powers of 1024.
  static func bytes(_ value: Double) -> (number: String, unit: String) {
    var value = value
    for unit in ["B", "KiB", "MiB", "GiB", "TiB"] {
      if value < 1024 { return (unit == "B" ? fixed(value, digits: 0) : number(value), unit) }
      value /= 1024
    }
    return (number(value), "PiB")
  }
}
