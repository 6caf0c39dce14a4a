import FixedPoint
import Testing

@Suite struct FixedPointTests {
  @Test(arguments: [
    (0.0, 0, "0"), (0.0, 3, "0.000"), (1.0005, 3, "1.001"), (0.9996, 3, "1.000"), (-0.0004, 3, "0.000"),
    (-1234.5, 0, "-1235"), (1234567.891, 2, "1234567.89"), (9_999_999_999_999.0, 2, "9999999999999.00"),
  ]) func roundsAndPads(value: Double, digits: Int, text: String) {
    #expect(FixedPoint.text(value, digits: digits) == text)
  }

  @Test func thousandsAreGrouped() {
    #expect(FixedPoint.text(1234567.5, digits: 1, hasGroups: true) == "1,234,567.5")
    #expect(FixedPoint.text(-999, digits: 0, hasGroups: true) == "-999")
    #expect(FixedPoint.grouped("1000") == "1,000" && FixedPoint.grouped("") == "")
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity, 0x1p53, .greatestFiniteMagnitude])
  func whatHasTooManyDigitsHasNone(value: Double) {
    #expect(FixedPoint.text(value, digits: 0) == nil)
  }
}
