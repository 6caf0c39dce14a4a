import Fixtures
import Testing

@testable import Readings

@Suite struct ReadNumberTests {
  @Test(
    arguments: [
      ("0", 0), ("4.2", 4_200_000_000), ("-3", -3_000_000_000),
      ("18446744073709551615", 18_446_744_073_709_551_615_000_000_000),
      ("18446744073.709551615", 18_446_744_073_709_551_615), ("0.000000001", 1), ("007.50", 7_500_000_000),
    ] as [(String, Int128)])
  func decimalsAreExact(text: String, billionths: Int128) {
    #expect(Number(parsing: Array(text.utf8)) == .exact(billionths))
  }

  @Test(
    arguments: [
      ("1e3", 1000), ("1.5e-3", 0.0015), ("+Inf", .infinity), ("-Inf", -.infinity),
      ("0.1234567891234", 0.1234567891234),
      ("123456789012345678901234567890", 1.2345678901234568e29), ("-0", -0.0), ("1e999", .infinity),
    ] as [(String, Double)])
  func allElseIsAsFloatsAre(text: String, value: Double) {
    guard case .inexact(let found) = Number(parsing: Array(text.utf8)) else {
      Issue.record("\(text) is no float")
      return
    }
    #expect(found == value && found.sign == value.sign)
  }

  @Test(arguments: ["", "-", ".", "1.2.3", "0x10", "1,5", "one", "1 ", " 1", "--1", "nan", "infinity", "1e", "e5", "٣"])
  func whatIsNoNumberIsNone(text: String) {
    #expect(Number(parsing: Array(text.utf8)) == nil)
  }

  @Test func sumsAndDifferencesAreExact() {
    let largest = Number(UInt64.max)
    let least = Number(1, digits: 9)
    #expect((largest + least) - largest == least)
    #expect(Number(UInt64.max, digits: 6) - Number(UInt64.max - 1, digits: 6) == Number(1, digits: 6))
    #expect((largest + .inexact(0.5)).double == Double(UInt64.max))
    #expect(Number(5) < Number(5_000_000_001, digits: 9))
    #expect(!(Number(5) < .inexact(.nan)))
  }

  @Test func doublesAreTheNearest() {
    var random = Generator(seed: 4)
    for _ in 0..<1000 {
      let value = random.next() >> random.below(64)
      let text = RandomSnapshot.decimal(value, 9)
      let expected = Double(text)!
      let found = Number(value, digits: 9).double
      #expect(abs(found - expected) <= expected.ulp, "\(text)")
    }
  }
}
