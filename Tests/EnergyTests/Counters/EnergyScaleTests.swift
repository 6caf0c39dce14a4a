import Fixtures
import Testing

@testable import Energy

@Suite struct EnergyScaleTests {
  static let text = "2.3283064365386962890625e-10"

  @Test func usualScaleIsAPowerOfTwo() throws {
    let scale = try #require(EnergyScale(Self.text))
    #expect(scale.numerator == 15625)
    #expect(scale.denominator == 1 << 26)
    #expect(scale.microjoules(1 << 32) == 1_000_000)
    #expect(scale.microjoules((1 << 32) - 1) == 999_999)
    #expect(scale.microjoules(.max) == 4_294_967_295_999_999)
    #expect(scale.range.modulus == 4_294_967_296_000_000)
  }

  @Test func countIsExactWhereADoubleIsNot() throws {
    let scale = try #require(EnergyScale(Self.text))
    var generator = Generator(seed: 3)
    for _ in 0..<5000 {
      let count = generator.next()
      #expect(scale.microjoules(count) == UInt64((UInt128(count) * 1_000_000) >> 32))
    }
  }

  @Test func countThatTurnsAfter99DaysIsFollowed() throws {
    let scale = try #require(EnergyScale(Self.text))
    var counter = WrapSafeCounter(range: scale.range)
    let joule: UInt64 = 1 << 32
    _ = counter.read(scale.microjoules(0 &- 200 * joule), at: 0)
    #expect(counter.read(scale.microjoules(300 * joule), at: second)?.watts == 500)
    #expect(counter.errors == 0)
  }

  /// Text, and microjoules per count as a reduced fraction.
  static let fractions: [(String, UInt64, UInt64)] = [
    ("6.103515625e-08", 15625, 256_000), ("6.103515625E-8", 15625, 256_000), ("1.5e-7", 3, 20), ("0.0000005", 1, 2),
    ("1e-07", 1, 10), ("25e-8", 1, 4), (".5e-6", 1, 2), ("5.e-7", 1, 2),
  ]

  @Test(arguments: fractions)
  func decimalTextIsReduced(text: String, numerator: UInt64, denominator: UInt64) throws {
    let scale = try #require(EnergyScale(text))
    #expect(scale.numerator * denominator == UInt64(scale.denominator) * numerator)
    #expect(scale.numerator <= numerator)
  }

  @Test(arguments: ["1", "0.5", "1e-6", "1.5e-5", "1e+0"])
  func scaleTooCoarseFor64BitsOfMicrojoulesIsRefused(text: String) { #expect(EnergyScale(text) == nil) }

  @Test(arguments: [
    "", "e-10", "-1e-10", "1e", "1e-x", "0", "0.0e-3", "nan", "1.2.3e-9", "1e-10 ", "1e99", "1e-999999", "1,5e-10",
    "99999999999999999999999999999999999999999999", ".",
  ])
  func whatIsNoScaleIsRefused(text: String) { #expect(EnergyScale(text) == nil) }
}
