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
    let scale = (0..<digits).reduce(1.0) { power, _ in power * 10 }
    let scaled = (abs(value) * scale).rounded()
    guard scaled < 1e18 else { return "\(value)" }
    let whole = String(UInt64(scaled))
    let padded = String(repeating: "0", count: max(0, digits + 1 - whole.count)) + whole
    let sign = value < 0 && scaled > 0 ? "-" : ""
    let integer = grouped(String(padded.dropLast(digits)))
    return sign + integer + (digits > 0 ? "." + padded.suffix(digits) : "")
  }

  static func count(_ value: UInt64) -> String { grouped(String(value)) }

  private static func grouped(_ digits: String) -> String {
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return text
  }

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
