import Collecting
import Exposition
import NIOCore
import NIOPosix

/// A snapshot as text, shared by everyone who waited for it.
struct Rendering: Sendable {
  let body: ByteBuffer
  /// false also where gzip was asked for but had no memory.
  let isGzip: Bool
}

/// Turns scrapes into collections: one at a time, on a thread of its own, one for all who ask for the same while it runs.
///
/// Whoever comes while a collection of the same selection runs joins it; once it has ended the next one is due, so that a
/// client that asks again never sees the same snapshot twice. Lives on the event loop.
final class ScrapeQueue {
  typealias Encoder = @Sendable (Snapshot, TextFormat, inout [UInt8]) -> Void
  /// Names a scrape that waits, for `abandon`.
  struct Ticket: Hashable {
    fileprivate let number: UInt64
  }

  private struct Waiter {
    let variant: ScrapeRequest.Variant
    let deliver: (Rendering) -> Void
  }

  private struct Job {
    let selection: CollectorSelection
    var waiters: [Ticket: Waiter] = [:]
  }

  private enum Phase {
    case idle
    /// Others may join.
    case collecting
    case rendering
  }

  private let source: any SnapshotSource
  private let encode: Encoder
  private let thread: NIOThreadPool
  private let eventLoop: any EventLoop
  private let maxRequests: Int
  private var phase = Phase.idle
  /// While not idle the first one is being worked on.
  private var jobs: [Job] = []
  private var issued: UInt64 = 0
  private var whenIdle: [() -> Void] = []

  init(
    source: any SnapshotSource, encode: @escaping Encoder, thread: NIOThreadPool, eventLoop: any EventLoop,
    maxRequests: Int
  ) {
    self.source = source
    self.encode = encode
    self.thread = thread
    self.eventLoop = eventLoop
    self.maxRequests = maxRequests
  }

  var waiting: Int { jobs.reduce(0) { $0 + $1.waiters.count } }

  /// Queues a scrape; nil where too many wait already. `deliver` is called later, on the event loop, at most once.
  func submit(_ request: ScrapeRequest, deliver: @escaping (Rendering) -> Void) -> Ticket? {
    guard maxRequests == 0 || waiting < maxRequests else { return nil }
    issued += 1
    let ticket = Ticket(number: issued)
    let joinable = jobs[(phase == .rendering ? 1 : 0)...].firstIndex { $0.selection == request.selection }
    if joinable == nil { jobs.append(Job(selection: request.selection)) }
    jobs[joinable ?? jobs.count - 1].waiters[ticket] = Waiter(variant: request.variant, deliver: deliver)
    if phase == .idle { collect() }
    return ticket
  }

  /// Forgets a scrape whose client is gone. A collection that nobody waits for any more is not begun.
  func abandon(_ ticket: Ticket) {
    guard let index = jobs.firstIndex(where: { $0.waiters[ticket] != nil }) else { return }
    jobs[index].waiters[ticket] = nil
    let isRunning = index == 0 && phase != .idle
    if !isRunning, jobs[index].waiters.isEmpty { jobs.remove(at: index) }
  }

  /// Calls back when the thread has nothing left to do.
  func notifyWhenIdle(_ body: @escaping () -> Void) {
    if phase == .idle { body() } else { whenIdle.append(body) }
  }

  private func collect() {
    phase = .collecting
    let queue = NIOLoopBound(self, eventLoop: eventLoop)
    thread.submit { [source, eventLoop, selection = jobs[0].selection] state in
      guard state == .active else { return }
      let snapshot = source.collect(selection)
      eventLoop.execute { queue.value.render(snapshot) }
    }
  }

  private func render(_ snapshot: Snapshot) {
    phase = .rendering
    let variants = Set(jobs[0].waiters.values.map(\.variant))
    guard !variants.isEmpty else { return finish() }
    let queue = NIOLoopBound(self, eventLoop: eventLoop)
    thread.submit { [encode, eventLoop] state in
      guard state == .active else { return }
      for format in TextFormat.allCases {
        let plain = ScrapeRequest.Variant(format: format, gzip: false)
        let gzip = ScrapeRequest.Variant(format: format, gzip: true)
        guard variants.contains(plain) || variants.contains(gzip) else { continue }
        var text: [UInt8] = []
        encode(snapshot, format, &text)
        if variants.contains(plain) {
          let rendering = Rendering(body: ByteBuffer(bytes: text), isGzip: false)
          eventLoop.execute { queue.value.deliver(rendering, as: plain) }
        }
        if variants.contains(gzip) {
          let rendering =
            Gzip.compress(text).map { Rendering(body: $0, isGzip: true) }
            ?? Rendering(body: ByteBuffer(bytes: text), isGzip: false)
          eventLoop.execute { queue.value.deliver(rendering, as: gzip) }
        }
      }
      eventLoop.execute { queue.value.finish() }
    }
  }

  private func deliver(_ rendering: Rendering, as variant: ScrapeRequest.Variant) {
    for (ticket, waiter) in jobs[0].waiters where waiter.variant == variant {
      // Looked up again: what an earlier one did may have made this one's client go away.
      guard jobs[0].waiters.removeValue(forKey: ticket) != nil else { continue }
      waiter.deliver(rendering)
    }
  }

  private func finish() {
    jobs.removeFirst()
    phase = .idle
    guard jobs.isEmpty else { return collect() }
    let callbacks = whenIdle
    whenIdle = []
    for callback in callbacks { callback() }
  }
}
