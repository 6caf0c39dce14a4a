import Testing

@testable import Collectors

struct RandomWindowsTests {
  private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    /// Knuth's linear congruential generator, its upper half twice.
    mutating func next() -> UInt64 {
      var word: UInt64 = 0
      for _ in 0..<2 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        word = word << 32 | state >> 32
      }
      return word
    }
  }

  /// Of an exponential distribution: the mean is right, and e^-1 of them are above it, e^-2 above twice that.
  @Test func gapsTellNothingOfTheNext() {
    var random = Seeded(state: 7)
    let mean: UInt64 = 1_980_000_000
    let gaps = (0..<20_000).map { _ in RandomWindows.gap(mean: mean, &random) }
    let average = gaps.reduce(0.0) { $0 + Double($1) } / Double(gaps.count) / Double(mean)
    #expect(abs(average - 1) < 0.03, "\(average)")
    for (times, share) in [(1, 0.3679), (2, 0.1353)] {
      let found = Double(gaps.count { $0 > UInt64(times) * mean }) / Double(gaps.count)
      #expect(abs(found - share) < 0.015, "\(times): \(found)")
    }
    #expect(gaps.allSatisfy { $0 <= 20 * mean })
  }
}
