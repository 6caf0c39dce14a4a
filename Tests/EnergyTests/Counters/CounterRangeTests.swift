import Fixtures
import Testing

@testable import Energy

@Suite struct CounterRangeTests {
  /// max_energy_range_uj, the unit in nanojoules, one turn in microjoules.
  static let known: [(UInt64, UInt64, UInt64)] = [
    (262_143_328_850, 61035, 262_143_328_911),
    (65_532_610_987, 15258, 65_532_611_002),
    (65_712_999_613, 15300, 65_712_999_628),
    (4_294_967_295_000_000, 1_000_000_000, 4_294_967_296_000_000),
    (4_294_967_295, 1000, 4_294_967_296),
  ]

  @Test(arguments: known)
  func stepFollowsFromTheMaximum(maximum: UInt64, unit: UInt64, modulus: UInt64) throws {
    #expect(UInt64(UInt32.max) * unit / 1000 == maximum)
    #expect(CounterRange.registerStep(maxEnergyRange: maximum) == unit / 1000)
    #expect(try #require(CounterRange(maxEnergyRange: maximum)).modulus == modulus)
  }

  @Test func stepOfEveryUnitIsRecovered() {
    var generator = Generator(seed: 1)
    for _ in 0..<5000 {
      let unit = UInt64.random(in: 1000...1_000_000_000, using: &generator)
      let maximum = UInt64(UInt32.max) * unit / 1000
      #expect(CounterRange.registerStep(maxEnergyRange: maximum) == unit / 1000)
    }
  }

  @Test(arguments: [1, 1000, 65_535, 262_143_328_849, 262_143_328_851, 1 << 40, UInt64.max - 1] as [UInt64])
  func maximumOfNoKnownUnitHasTheSmallestStep(maximum: UInt64) throws {
    #expect(try #require(CounterRange(maxEnergyRange: maximum)).modulus == maximum + 1)
  }

  @Test func noMaximumIsNoRange() {
    #expect(CounterRange(maxEnergyRange: 0) == nil)
    #expect(CounterRange(maxEnergyRange: .max) == nil)
  }

  @Test func periodIsHalfATurn() throws {
    let package = try #require(CounterRange(maxEnergyRange: 262_143_328_850))
    // 262.1 kJ at 1 kW: 262 s for a turn.
    #expect(package.longestPeriod(watts: 1000) == 131_071_664_455)
    let memory = try #require(CounterRange(maxEnergyRange: 65_712_999_613))
    #expect(memory.longestPeriod(watts: 4000) == 8_214_124_953)
    #expect(CounterRange(modulus: .max).longestPeriod(watts: 1) == .max)
    #expect(package.longestPeriod(watts: 0) == .max)
  }
}
