import Machine
import Synchronization
import Testing

/// The first plays of a test that is to be played again fail, the last one does not.
@Suite(.serialized) struct ReplayTests {
  private static let plays = Mutex(0)

  @Test(Replay()) func testThatFailsIsPlayedAgain() {
    let play = Self.plays.withLock { plays in
      plays += 1
      return plays
    }
    #expect(play == 3)
  }

  @Test func itWasPlayedThreeTimesAndNoMore() { #expect(Self.plays.withLock { $0 } == 3) }
}
