/// Divides energy among leaves by their weights, in whole microjoules, so that nothing is lost and nothing added.
///
/// A leaf gets `energy · weight / sum`, rounded down (the products have 128 bits). What it lost to the rounding is its claim:
/// once claims reach a whole microjoule, the leaf gets it out of what this rounding leaves over, so that the smallest weight
/// comes to its own in time. A claim is never paid with another window's energy, nor to a leaf without weight in the window.
///
/// What a leaf gets depends on its weight, its claim and the multiset of the others' alone: neither the order of leaves nor
/// the number of slices that make up a weight changes anything. Of equal claims, all are paid or none.
package struct EnergySplit: Sendable {
  /// One microjoule, as claims are counted.
  private static let whole: UInt64 = 1 << 32
  /// What a leaf may be owed at most, which no claim was seen to come near to.
  private static let most = 1000 * whole

  /// By leaf.
  private var claims: [UInt64] = []

  package init() {}

  /// Forgets what a leaf is owed.
  mutating func forget(_ leaf: Int) {
    if leaf < claims.count { claims[leaf] = 0 }
  }

  /// Divides `energy` microjoules.
  ///
  /// - Parameter shares: as many as weights; each is set to its leaf's.
  /// - Returns: what is left: everything where no leaf has weight, else less than a microjoule a leaf.
  package mutating func divide(_ energy: UInt64, by weights: [UInt64], into shares: inout [UInt64]) -> UInt64 {
    if claims.count < weights.count {
      claims.append(contentsOf: repeatElement(0, count: weights.count - claims.count))
    }
    let sum = weights.reduce(UInt128(0)) { $0 + UInt128($1) }
    for leaf in shares.indices { shares[leaf] = 0 }
    if sum == 0 || energy == 0 { return energy }
    var left = energy
    var claimants: [Int] = []
    for leaf in weights.indices where weights[leaf] > 0 {
      let (quotient, rest) = (UInt128(energy) * UInt128(weights[leaf])).quotientAndRemainder(dividingBy: sum)
      shares[leaf] = UInt64(quotient)
      left -= UInt64(quotient)
      claims[leaf] = min(claims[leaf] + UInt64((rest << 32) / sum), Self.most)
      if claims[leaf] >= Self.whole { claimants.append(leaf) }
    }
    for leaf in payable(claimants, left) {
      shares[leaf] += 1
      claims[leaf] -= Self.whole
      left -= 1
    }
    return left
  }

  /// Those that `count` microjoules suffice for, highest claims first.
  private func payable(_ claimants: [Int], _ count: UInt64) -> ArraySlice<Int> {
    if UInt64(claimants.count) <= count { return claimants[...] }
    let sorted = claimants.sorted { claims[$0] > claims[$1] }
    var end = Int(count)
    while end > 0 && claims[sorted[end - 1]] == claims[sorted[end]] { end -= 1 }
    return sorted[..<end]
  }
}
