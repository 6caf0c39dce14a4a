import Fixtures
import Testing

@testable import Energy

extension Generator {
  /// Small and large ones alike: as many bits as chance will have it.
  mutating func magnitude(upToBits bits: UInt64) -> UInt64 { next() >> (63 - next() % bits) }
}

@Suite struct EnergySplitTests {
  private static func divide(_ split: inout EnergySplit, _ energy: UInt64, _ weights: [UInt64]) -> ([UInt64], UInt64) {
    var shares = [UInt64](repeating: 7, count: weights.count)
    let left = split.divide(energy, by: weights, into: &shares)
    return (shares, left)
  }

  @Test func shareIsThatOfTheWeight() {
    var split = EnergySplit()
    #expect(Self.divide(&split, 9_000_000, [2, 1, 0]) == ([6_000_000, 3_000_000, 0], 0))
    #expect(Self.divide(&split, 10, [1, 1, 1]) == ([3, 3, 3], 1))
  }

  @Test func withoutWeightNobodyGetsAnything() {
    var split = EnergySplit()
    #expect(Self.divide(&split, 5, []) == ([], 5))
    #expect(Self.divide(&split, 5, [0, 0]) == ([0, 0], 5))
  }

  /// The largest numbers there are: products have 128 bits.
  @Test func nothingOverflows() {
    var split = EnergySplit()
    for _ in 0..<10 {
      let (shares, left) = Self.divide(&split, .max, [.max, .max, .max])
      #expect(shares == [.max / 3, .max / 3, .max / 3] && left == 0)
    }
  }

  /// 4000 sequences of windows: Σ = energy to the microjoule, no share without weight, none above the energy, and none further
  /// than a microjoule from the exact one in its window.
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func sharesAndRestAreTheEnergyInEveryWindow(seed: UInt64) {
    var random = Generator(seed: seed)
    for _ in 0..<100 {
      var split = EnergySplit()
      let count = 1 + Int(random.next() % 40)
      for _ in 0..<20 {
        let weights = (0..<count).map { _ in random.next() % 3 == 0 ? 0 : random.magnitude(upToBits: 50) }
        let energy = random.next() % 9 == 0 ? random.next() % 50 : random.magnitude(upToBits: 50)
        let (shares, left) = Self.divide(&split, energy, weights)
        let sum = weights.reduce(UInt128(0)) { $0 + UInt128($1) }
        #expect(shares.reduce(left, +) == energy)
        #expect(sum > 0 ? left <= UInt64(count) : left == energy)
        for (share, weight) in zip(shares, weights) {
          #expect(share <= energy && (weight > 0 || share == 0))
          let floor = sum == 0 ? 0 : UInt64(UInt128(energy) * UInt128(weight) / sum)
          #expect(share == floor || share == floor + 1)
        }
      }
    }
  }

  /// The same processes in another order, over windows whose claims carry on.
  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func orderOfLeavesChangesNothing(seed: UInt64) {
    var random = Generator(seed: seed)
    let count = 2 + Int(random.next() % 30)
    let order = (0..<count).shuffled(using: &random)
    var (one, other) = (EnergySplit(), EnergySplit())
    for _ in 0..<50 {
      // few different weights, so that claims tie
      let weights = (0..<count).map { _ in random.next() % 4 }
      let energy = random.next() % UInt64(4 * count)
      let (shares, left) = Self.divide(&one, energy, weights)
      let (permuted, leftToo) = Self.divide(&other, energy, order.map { weights[$0] })
      #expect(left == leftToo)
      #expect(order.map { shares[$0] } == permuted)
    }
  }

  /// A process that is due a fiftieth of a microjoule in a window is not starved: over many windows it gets what is its own.
  @Test func smallestWeightComesToItsOwn() {
    var split = EnergySplit()
    let weights: [UInt64] = [1, 49_999_999, 250_000_000, 700_000_000]
    var sums = [UInt64](repeating: 0, count: weights.count)
    var left: UInt64 = 0
    for _ in 0..<50_000 {
      let (shares, rest) = Self.divide(&split, 20_000_000, weights)
      for leaf in sums.indices { sums[leaf] += shares[leaf] }
      left += rest
    }
    #expect((999...1000).contains(sums[0]))
    for (sum, weight) in zip(sums, weights) {
      let exact = UInt64(UInt128(weight) * 20_000_000 * 50_000 / 1_000_000_000)
      #expect(sum <= exact + 2 && sum + 2 >= exact)
    }
    // what rounding loses is lost once, not in every window
    #expect(left <= UInt64(2 * weights.count))
  }

  /// Over all windows, however weights vary, a leaf stays within a few microjoules of the exact sum of its shares.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func errorsOfRoundingDoNotAddUp(seed: UInt64) {
    var random = Generator(seed: seed)
    let count = 2 + Int(random.next() % 20)
    var split = EnergySplit()
    var sums = [UInt64](repeating: 0, count: count)
    var exact = [Double](repeating: 0, count: count)
    for _ in 0..<5000 {
      let weights = (0..<count).map { _ in random.next() % 1_000_000 }
      let energy = random.next() % 10_000
      let (shares, _) = Self.divide(&split, energy, weights)
      let sum = weights.reduce(0, +)
      for leaf in sums.indices where sum > 0 {
        sums[leaf] += shares[leaf]
        exact[leaf] += Double(energy) * Double(weights[leaf]) / Double(sum)
      }
    }
    for leaf in sums.indices { #expect(abs(Double(sums[leaf]) - exact[leaf]) < 5, "leaf \(leaf)") }
  }
}
