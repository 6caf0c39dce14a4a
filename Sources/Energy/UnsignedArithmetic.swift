/// Arithmetic on figures that come from outside: it never traps.
extension UInt64 {
  /// The difference, or 0 where it would be negative.
  package func subtracting(_ other: UInt64) -> UInt64 { self > other ? self - other : 0 }

  /// The sum, or the greatest number where it would be greater.
  func saturating(plus other: UInt64) -> UInt64 {
    let (sum, over) = addingReportingOverflow(other)
    return over ? .max : sum
  }
}
