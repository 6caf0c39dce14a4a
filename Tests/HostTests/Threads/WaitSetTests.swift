import Glibc
import Testing

@testable import Host

@Suite struct WaitSetTests {
  private static func isReadable(_ descriptor: CInt) -> Bool {
    var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&polled, 1, 0) == 1
  }

  @Test func itCanBeReadOnceOneOfThemCan() throws {
    let first = try EventDescriptor()
    let second = try EventDescriptor()
    let set = try WaitSet([first.rawValue, second.rawValue])
    #expect(!Self.isReadable(set.rawValue))
    second.signal()
    #expect(Self.isReadable(set.rawValue))
    second.clear()
    #expect(!Self.isReadable(set.rawValue))
    first.signal()
    #expect(Self.isReadable(set.rawValue))
  }

  @Test func whatCannotBeWaitedForIsAnError() {
    #expect(throws: SystemError.self) { _ = try WaitSet([-1]).rawValue }
  }

  /// On a thread of its own: those of other tests go on taking the signal.
  @Test func signalsWaitUntilTheyAreAskedFor() async throws {
    let found: [CInt?] = try await withCheckedThrowingContinuation { continuation in
      do {
        try OwnThread.start {
          do {
            let signals = try PendingSignals([SIGWINCH, SIGCONT])
            var found = [signals.next()?.number]
            pthread_kill(pthread_self(), SIGWINCH)
            found.append(Self.isReadable(signals.rawValue) ? signals.next()?.number : -1)
            found.append(signals.next()?.number)
            continuation.resume(returning: found)
          } catch {
            continuation.resume(throwing: error)
          }
        }
      } catch {
        continuation.resume(throwing: error)
      }
    }
    #expect(found == [nil, SIGWINCH, nil])
  }
}
