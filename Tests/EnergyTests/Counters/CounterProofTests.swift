import Testing

@testable import Energy

@Suite struct CounterProofTests {
  private static let second: UInt64 = 1_000_000_000

  @Test func counterIsSilentUntilItMoves() {
    var proof = CounterProof()
    #expect(proof.state == .silent)
    for second in 0..<10_000 as Range<UInt64> {
      proof.take(hasMoved: false, at: second * Self.second)
      #expect(proof.state == .silent)
    }
    proof.take(hasMoved: true, at: 10_000 * Self.second)
    #expect(proof.state == .believed)
  }

  @Test func counterThatStandsStillForLongIsStuckUntilItMoves() {
    var proof = CounterProof()
    proof.take(hasMoved: true, at: 5 * Self.second)
    proof.take(hasMoved: false, at: 5 * Self.second + CounterProof.patience)
    #expect(proof.state == .believed)
    proof.take(hasMoved: false, at: 5 * Self.second + CounterProof.patience + 1)
    #expect(proof.state == .stuck)
    proof.take(hasMoved: false, at: 1_000 * Self.second)
    #expect(proof.state == .stuck)
    proof.take(hasMoved: true, at: 1_001 * Self.second)
    #expect(proof.state == .believed)
    proof.take(hasMoved: false, at: 1_001 * Self.second + CounterProof.patience)
    #expect(proof.state == .believed)
  }

  /// A battery on the mains, a clock that steps back: neither is standing still.
  @Test func timeWithoutAnythingToMeasureDoesNotCount() {
    var proof = CounterProof()
    proof.take(hasMoved: true, at: 0)
    proof.rest(at: 900 * Self.second)
    proof.take(hasMoved: false, at: 1_000 * Self.second)
    #expect(proof.state == .believed)
    proof.take(hasMoved: false, at: 1)
    #expect(proof.state == .believed)
  }

  @Test func whatComesInPlaceOfALostCounterHasToMoveFirst() {
    var proof = CounterProof()
    proof.take(hasMoved: true, at: 0)
    proof.lose()
    proof.take(hasMoved: false, at: 1)
    #expect(proof.state == .silent)
    proof.take(hasMoved: true, at: 2)
    #expect(proof.state == .believed)
  }

  @Test func estimateNeedsNoProof() {
    var proof = CounterProof.given
    #expect(proof.state == .believed)
    // a package without any CPU that is online, which comes back
    proof.lose()
    #expect(proof.state == .believed)
    proof.take(hasMoved: false, at: 0)
    proof.take(hasMoved: false, at: 2 * CounterProof.patience)
    #expect(proof.state == .believed)
  }
}
