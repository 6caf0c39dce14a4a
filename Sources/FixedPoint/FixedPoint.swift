/// Numbers with a given number of digits behind the point.
package enum FixedPoint {
  /// Rounded, halves away from 0; with `hasGroups`, a comma stands between thousands. What is rounded to 0 has no sign.
  ///
  /// Nil for what is no number, or has more digits than a `Double` tells apart: 2^53 units of the last one and above.
  package static func text(_ value: Double, digits: Int, hasGroups: Bool = false) -> String? {
    let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
    let scaled = (value.magnitude * scale).rounded()
    guard scaled < 0x1p53 else { return nil }
    let text = String(UInt64(scaled))
    let padded = String(repeating: "0", count: max(0, digits + 1 - text.utf8.count)) + text
    let whole = String(padded.dropLast(digits))
    return (value < 0 && scaled > 0 ? "-" : "") + (hasGroups ? grouped(whole) : whole)
      + (digits > 0 ? "." + padded.suffix(digits) : "")
  }

  /// A comma between thousands.
  package static func grouped(_ digits: String) -> String {
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.utf8.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return text
  }
}
