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

/// What a scrape comes to.
enum ScrapeResult {
  case rendering(Rendering)
  /// Its turn has not come in the time that its client gives it.
  case late
}

/// Turns scrapes into collections: one at a time, on a thread of its own, one for all who ask for the same while it runs.
///
/// Whoever comes while a collection of the same selection runs joins it; once it has ended the next one is due, so that a
/// client that asks again never sees the same snapshot twice. Whose time is over gets what there is of it; who comes
/// afterwards waits for the next. Lives on the event loop.
final class ScrapeQueue {
  typealias Encoder = @Sendable (Snapshot, TextFormat, inout [UInt8]) -> Void
  /// Names a scrape that waits, for `abandon`.
  struct Ticket: Hashable {
    fileprivate let number: UInt64
  }

  private struct Waiter {
    let variant: ScrapeRequest.Variant
    let deadline: Scheduled<Void>
    let deliver: (ScrapeResult) -> Void
  }

  private struct Job {
    let selection: CollectorSelection
    var waiters: [Ticket: Waiter] = [:]
    /// Somebody could not wait for its end: what has been read of it is old.
    var isOverdue = false
  }

  private enum Phase {
    case idle
    /// Others may join.
    case collecting
    case rendering
  }

  private let source: any SnapshotSource
  private let encode: Encoder
  /// Two: what there is of a collection that hangs is rendered beside it.
  private let threads: NIOThreadPool
  private let eventLoop: any EventLoop
  private let maxRequests: Int
  private var phase = Phase.idle
  /// While not idle the first one is being worked on.
  private var jobs: [Job] = []
  private var issued: UInt64 = 0
  private var whenIdle: [() -> Void] = []

  init(
    source: any SnapshotSource, encode: @escaping Encoder, threads: NIOThreadPool, eventLoop: any EventLoop,
    maxRequests: Int
  ) {
    self.source = source
    self.encode = encode
    self.threads = threads
    self.eventLoop = eventLoop
    self.maxRequests = maxRequests
  }

  var waiting: Int { jobs.reduce(0) { $0 + $1.waiters.count } }

  /// Queues a scrape; nil where too many wait already. `deliver` is called later, on the event loop, at most once.
  func submit(_ request: ScrapeRequest, deliver: @escaping (ScrapeResult) -> Void) -> Ticket? {
    guard maxRequests == 0 || waiting < maxRequests else { return nil }
    issued += 1
    let ticket = Ticket(number: issued)
    let joinable = jobs[(phase == .rendering ? 1 : 0)...].firstIndex {
      $0.selection == request.selection && !$0.isOverdue
    }
    if joinable == nil { jobs.append(Job(selection: request.selection)) }
    let queue = NIOLoopBound(self, eventLoop: eventLoop)
    let deadline = eventLoop.scheduleTask(in: TimeAmount(request.patience)) { queue.value.giveUp(ticket) }
    jobs[joinable ?? jobs.count - 1].waiters[ticket] = Waiter(
      variant: request.variant, deadline: deadline, deliver: deliver)
    if phase == .idle { collect() }
    return ticket
  }

  /// Forgets a scrape whose client is gone. A collection that nobody waits for any more is not begun.
  func abandon(_ ticket: Ticket) {
    guard let index = jobs.firstIndex(where: { $0.waiters[ticket] != nil }) else { return }
    jobs[index].waiters.removeValue(forKey: ticket)?.deadline.cancel()
    dropIfUnwanted(index)
  }

  private func dropIfUnwanted(_ index: Int) {
    let isRunning = index == 0 && phase != .idle
    if !isRunning, jobs[index].waiters.isEmpty { jobs.remove(at: index) }
  }

  /// A client's time is over. What is being rendered is there in a moment.
  private func giveUp(_ ticket: Ticket) {
    guard let index = jobs.firstIndex(where: { $0.waiters[ticket] != nil }) else { return }
    if index == 0 && phase == .rendering { return }
    guard let waiter = jobs[index].waiters.removeValue(forKey: ticket) else { return }
    jobs[index].isOverdue = true
    guard index == 0 else {
      dropIfUnwanted(index)
      return waiter.deliver(.late)
    }
    let deliver = NIOLoopBound(waiter.deliver, eventLoop: eventLoop)
    threads.submit { [source, encode, eventLoop, selection = jobs[0].selection, variant = waiter.variant] state in
      guard state == .active, let snapshot = source.partial(of: selection) else {
        return eventLoop.execute { deliver.value(.late) }
      }
      let rendering = Self.render(snapshot, [variant], encode)[0].1
      eventLoop.execute { deliver.value(.rendering(rendering)) }
    }
  }

  /// Calls back when the thread has nothing left to do.
  func notifyWhenIdle(_ body: @escaping () -> Void) {
    if phase == .idle { body() } else { whenIdle.append(body) }
  }

  private func collect() {
    phase = .collecting
    let queue = NIOLoopBound(self, eventLoop: eventLoop)
    threads.submit { [source, eventLoop, selection = jobs[0].selection] state in
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
    threads.submit { [encode, eventLoop] state in
      guard state == .active else { return }
      for (variant, rendering) in Self.render(snapshot, variants, encode) {
        eventLoop.execute { queue.value.deliver(rendering, as: variant) }
      }
      eventLoop.execute { queue.value.finish() }
    }
  }

  /// Each text is made once, whether it is wanted plain, compressed or both ways.
  private static func render(
    _ snapshot: Snapshot, _ variants: Set<ScrapeRequest.Variant>, _ encode: Encoder
  ) -> [(ScrapeRequest.Variant, Rendering)] {
    var renderings: [(ScrapeRequest.Variant, Rendering)] = []
    for format in TextFormat.allCases {
      let plain = ScrapeRequest.Variant(format: format, gzip: false)
      let gzip = ScrapeRequest.Variant(format: format, gzip: true)
      guard variants.contains(plain) || variants.contains(gzip) else { continue }
      var text: [UInt8] = []
      encode(snapshot, format, &text)
      if variants.contains(plain) {
        renderings.append((plain, Rendering(body: ByteBuffer(bytes: text), isGzip: false)))
      }
      if variants.contains(gzip) {
        let compressed = Gzip.compress(text).map { Rendering(body: $0, isGzip: true) }
        renderings.append((gzip, compressed ?? Rendering(body: ByteBuffer(bytes: text), isGzip: false)))
      }
    }
    return renderings
  }

  private func deliver(_ rendering: Rendering, as variant: ScrapeRequest.Variant) {
    for (ticket, waiter) in jobs[0].waiters where waiter.variant == variant {
      // Looked up again: what an earlier one did may have made this one's client go away.
      guard jobs[0].waiters.removeValue(forKey: ticket) != nil else { continue }
      waiter.deadline.cancel()
      waiter.deliver(.rendering(rendering))
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
