internal import ByteText

/// Joules per count, as perf gives it in decimal text, turned into exact integer arithmetic.
///
/// The usual `2.3283064365386962890625e-10` is 2^-32: reduced, 15625/2^26 microjoules per count.
package struct EnergyScale: Sendable, Hashable {
  /// Microjoules per count, reduced.
  let numerator: UInt64
  let denominator: UInt128

  /// The number in `text`: digits, a point and an exponent. Nil for anything else, for 0, for more digits than 128 bits
  /// hold, and for a scale whose full count exceeds 64 bits of microjoules.
  package init?(_ text: some StringProtocol) {
    var numerator: UInt128 = 0
    var exponent = 6
    let halves = text.lowercased().split(at: "e", maxSplits: 1, omittingEmptySubsequences: false)
    guard let mantissa = halves.first, !mantissa.isEmpty else { return nil }
    var isFraction = false
    for digit in mantissa.utf8 {
      if digit == UInt8(ascii: "."), !isFraction {
        isFraction = true
        continue
      }
      guard digit &- UInt8(ascii: "0") < 10 else { return nil }
      let (tens, tooLarge) = numerator.multipliedReportingOverflow(by: 10)
      let (sum, over) = tens.addingReportingOverflow(UInt128(digit &- UInt8(ascii: "0")))
      if tooLarge || over { return nil }
      numerator = sum
      if isFraction { exponent -= 1 }
    }
    if halves.count == 2 {
      guard let power = Int16(halves[1]) else { return nil }
      exponent += Int(power)
    }
    guard numerator > 0, let power = Self.powerOfTen(abs(exponent)) else { return nil }
    var denominator: UInt128 = 1
    if exponent < 0 {
      denominator = power
    } else {
      let (scaled, over) = numerator.multipliedReportingOverflow(by: power)
      if over { return nil }
      numerator = scaled
    }
    let divisor = Self.greatestCommonDivisor(numerator, denominator)
    guard let reduced = UInt64(exactly: numerator / divisor) else { return nil }
    self.numerator = reduced
    self.denominator = denominator / divisor
    guard UInt128(UInt64.max) * UInt128(reduced) / self.denominator < UInt128(UInt64.max) else { return nil }
  }

  /// `count` in microjoules, rounded down.
  package func microjoules(_ count: UInt64) -> UInt64 {
    UInt64(UInt128(count) * UInt128(numerator) / denominator)
  }

  /// How far 64 bits of counts reach: 4.29 GJ in units of 2^-32 J, 99 days at 500 W. The count then starts again at 0.
  package var range: CounterRange { CounterRange(modulus: microjoules(.max) + 1) }

  private static func powerOfTen(_ exponent: Int) -> UInt128? {
    var power: UInt128 = 1
    for _ in 0..<exponent {
      let (next, over) = power.multipliedReportingOverflow(by: 10)
      if over { return nil }
      power = next
    }
    return power
  }

  private static func greatestCommonDivisor(_ left: UInt128, _ right: UInt128) -> UInt128 {
    var (left, right) = (left, right)
    while right != 0 { (left, right) = (right, left % right) }
    return left
  }
}
