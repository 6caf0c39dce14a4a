import Fixtures
import Testing

@testable import Energy

@Suite struct DistinctCountersTests {
  private let millisecond: UInt64 = 1_000_000

  /// One register, read twice a little apart, by the second reader later each time; whatever it draws up to the bound.
  @Test(arguments: 0..<20 as Range<UInt64>) func oneCounterReadTwiceIsNeverTwo(seed: UInt64) {
    var generator = Generator(seed: seed)
    var proof = DistinctCounters()
    var energy: UInt64 = 0
    let offset = UInt64.random(in: 0...1_000_000_000, using: &generator)
    for _ in 0..<500 {
      let watts = UInt64.random(in: 0...4000, using: &generator)
      energy += watts * UInt64.random(in: 0...2_000_000, using: &generator)
      let gap = UInt64.random(in: 0...200 * millisecond, using: &generator)
      // refreshed once a millisecond: either may be that old
      let between = watts * (UInt64.random(in: 0...gap, using: &generator) + millisecond) / 1000
      let isFirstLate = Bool.random(using: &generator)
      proof.take(
        energy + (isFirstLate ? between : 0), offset + energy + (isFirstLate ? 0 : between), gap: gap, mostWatts: 4000)
      energy += between
      if UInt64.random(in: 0..<50, using: &generator) == 0 { proof.lose() }
      #expect(!proof.areProved)
    }
  }

  @Test func twoCountersAreToldApartByWhatTheyGrow() {
    var proof = DistinctCounters()
    var seconds = 0
    while !proof.areProved && seconds < 100 {
      proof.take(
        UInt64(seconds) * 20_000_000, 5_000_000_000 + UInt64(seconds) * 21_000_000, gap: millisecond, mostWatts: 4000)
      seconds += 1
    }
    // a watt apart, of 16 J that one counter may seem to be apart
    #expect(seconds == 18)
    // for good
    proof.take(0, 0, gap: 0, mostWatts: 4000)
    proof.lose()
    #expect(proof.areProved)
  }

  @Test func whatOneOfThemMissedProvesNothing() {
    var proof = DistinctCounters()
    proof.take(0, 0, gap: 0, mostWatts: 4000)
    proof.lose()
    proof.take(100_000_000, 0, gap: 0, mostWatts: 4000)
    proof.take(200_000_000, 100_000_000, gap: 0, mostWatts: 4000)
    #expect(!proof.areProved)
    // a step back is another counter
    proof.take(0, 100_000_000, gap: 0, mostWatts: 4000)
    #expect(!proof.areProved)
    proof.take(.max, 100_000_000, gap: .max, mostWatts: .max)
    #expect(!proof.areProved)
  }
}
