import Glibc
import Synchronization
import Testing

@testable import Host

@Suite struct OwnThreadTests {
  @Test func runsTwoThingsAtTheSameTimeAndReturnsAfterBoth() throws {
    let here = try EventDescriptor()
    let there = try EventDescriptor()
    let done = Mutex<[Bool]>([])
    let own = pthread_self()
    // each waits for the other: one after the other they would never end
    OwnThread.run(
      {
        there.signal()
        here.wait(milliseconds: -1)
        let isElsewhere = pthread_equal(pthread_self(), own) == 0
        done.withLock { $0.append(isElsewhere) }
      },
      beside: {
        there.wait(milliseconds: -1)
        here.signal()
        #expect(pthread_equal(pthread_self(), own) != 0)
      })
    #expect(done.withLock { $0 } == [true])
  }
}
