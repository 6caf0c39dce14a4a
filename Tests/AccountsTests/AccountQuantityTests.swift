import Testing

@testable import Accounts

@Suite struct AccountQuantityTests {
  @Test func numbersHaveAsManyDigitsAsTell() {
    #expect(Quantity.number(0) == "0.000")
    #expect(Quantity.number(9.8765) == "9.877")
    #expect(Quantity.number(98.765) == "98.77")
    #expect(Quantity.number(987.65) == "987.7")
    #expect(Quantity.number(9876.5) == "9,877")
    #expect(Quantity.number(-1234567) == "-1,234,567")
    #expect(Quantity.number(.nan) == "-" && Quantity.number(.infinity) == "-")
  }

  @Test func fixedPointIsRoundedAndGrouped() {
    #expect(Quantity.fixed(1234.5678, digits: 2) == "1,234.57")
    #expect(Quantity.fixed(0.0000004, digits: 6) == "0.000000")
    #expect(Quantity.fixed(-0.0000004, digits: 6) == "0.000000")
    #expect(Quantity.fixed(999.9996, digits: 3) == "1,000.000")
    #expect(Quantity.fixed(1e300, digits: 6) == "1e+300")
    #expect(Quantity.count(.max) == "18,446,744,073,709,551,615")
  }

  @Test func unitsFitTheSize() {
    #expect(Quantity.seconds(0.0123) == "12.30 ms" && Quantity.seconds(12) == "12.00 s")
    #expect(Quantity.bytes(1023) == ("1,023", "B") && Quantity.bytes(1536) == ("1.500", "KiB"))
    #expect(Quantity.bytes(3 * 1024 * 1024 * 1024) == ("3.000", "GiB"))
    #expect(Quantity.bytes(Double(UInt64.max)).unit == "PiB")
  }
}
