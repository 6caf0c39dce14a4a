import NIOCore

/// Lets connections take turns whose clients have sent requests ahead of the response before: a few at a time, and in between
/// the event loop sees to all others. Lives on the event loop.
final class Turns {
  /// Requests answered before the loop looks at other connections.
  private static let together = 4
  /// Longer than these take: what is due is run before connections are looked at, however often.
  private static let pause = TimeAmount.milliseconds(1)

  private let eventLoop: any EventLoop
  private var waiting = CircularBuffer<() -> Void>()

  init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  /// Calls `body` when its turn has come, never at once.
  func wait(_ body: @escaping () -> Void) {
    waiting.append(body)
    if waiting.count == 1 { schedule() }
  }

  private func schedule() {
    eventLoop.assumeIsolated().scheduleTask(in: Self.pause) { [self] in
      for _ in 0..<min(Self.together, waiting.count) {
        // what it does may let another one wait, behind all
        let body = waiting[waiting.startIndex]
        body()
        waiting.removeFirst()
      }
      if !waiting.isEmpty { schedule() }
    }
  }
}
