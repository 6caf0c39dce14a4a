internal import Recording

/// `value / 10^digits`: a sum of what a recording has, without rounding. Beyond 2^63 it stays where it is.
package struct Exact: Sendable, Hashable {
  package let value: Int64
  package let digits: UInt8

  package init(_ value: Int64, digits: UInt8) {
    self.value = value
    self.digits = digits
  }

  package static let zero = Exact(0, digits: 0)

  package var number: Double { Double(value) / (0..<digits).reduce(1.0) { power, _ in power * 10 } }

  /// The decimal, exactly.
  package var text: String {
    let magnitude = RecordedValue.scaled(value.magnitude, digits: digits).text
    return (value < 0 ? "-" : "") + String(decoding: magnitude, as: UTF8.self)
  }

  /// With as many digits behind the point as either has.
  package static func + (one: Exact, other: Exact) -> Exact {
    let digits = max(one.digits, other.digits)
    let (sum, isTooLarge) = one.scaled(to: digits).addingReportingOverflow(other.scaled(to: digits))
    return Exact(isTooLarge ? other.value < 0 ? .min : .max : sum, digits: digits)
  }

  package static func - (one: Exact, other: Exact) -> Exact {
    one + Exact(Int64(0).subtractingReportingOverflow(other.value).partialValue, digits: other.digits)
  }

  private func scaled(to wanted: UInt8) -> Int64 {
    var result = value
    for _ in digits..<max(digits, wanted) {
      let (product, isTooLarge) = result.multipliedReportingOverflow(by: 10)
      result = isTooLarge ? value < 0 ? .min : .max : product
    }
    return result
  }
}

extension Sequence<Exact> {
  package var sum: Exact { reduce(.zero, +) }
}
