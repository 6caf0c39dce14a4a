import Collecting
import Exposition
import NIOCore
import NIOPosix
import Synchronization

/// A snapshot as text, shared by everyone who waited for it.
struct Rendering: Sendable {
  let body: ByteBuffer
  /// How large it is as plain text.
  let textBytes: Int
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
  /// Gives the text in pieces.
  typealias Encoder = @Sendable ([Snapshot], ExpositionFormat, ([UInt8]) -> Void) -> Void
  /// Names a scrape that waits, for `abandon`.
  struct Ticket: Hashable {
    fileprivate let number: UInt64
  }

  private struct Waiter {
    let client: ClientAddress
    let variant: ScrapeRequest.Variant
    let deadline: Scheduled<Void>
    let deliver: (ScrapeResult) -> Void
  }

  private struct Job {
    let selection: CollectorSelection
    let wanted = WantedVariants()
    var waiters: [Ticket: Waiter] = [:]
    /// Somebody could not wait for its end: what has been read of it is old.
    var isOverdue = false
  }

  private let source: any SnapshotSource
  private let encode: Encoder
  /// Two: what there is of a collection that hangs is rendered beside it.
  private let threads: NIOThreadPool
  private let eventLoop: any EventLoop
  private let maxRequests: Int
  /// The first job is being worked on.
  private var isBusy = false
  private var jobs: [Job] = []
  private var issued: UInt64 = 0
  /// How large the last text was: the next one asks for its memory at once.
  private var textBytes = 0
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

  private func waiting(of client: ClientAddress) -> Int {
    jobs.reduce(0) { sum, job in sum + job.waiters.values.count { $0.client == client } }
  }

  /// Queues a scrape; nil where too many wait already, or too many of this client's. `deliver` is called later, on the event
  /// loop, at most once.
  func submit(
    _ request: ScrapeRequest, from client: ClientAddress, deliver: @escaping (ScrapeResult) -> Void
  ) -> Ticket? {
    guard maxRequests == 0 || waiting < maxRequests && waiting(of: client) < Share.most(of: maxRequests) else {
      return nil
    }
    issued += 1
    let ticket = Ticket(number: issued)
    var place = jobs.firstIndex {
      $0.selection == request.selection && !$0.isOverdue && $0.wanted.join(request.variant)
    }
    if place == nil {
      let job = Job(selection: request.selection)
      _ = job.wanted.join(request.variant)
      place = jobs.count
      jobs.append(job)
    }
    let queue = NIOLoopBound(self, eventLoop: eventLoop)
    let deadline = eventLoop.scheduleTask(in: TimeAmount(request.patience)) { queue.value.giveUp(ticket) }
    jobs[place!].waiters[ticket] = Waiter(
      client: client, variant: request.variant, deadline: deadline, deliver: deliver)
    if !isBusy { work() }
    return ticket
  }

  /// Forgets a scrape whose client is gone. A collection that nobody waits for any more is not begun.
  func abandon(_ ticket: Ticket) {
    guard let index = jobs.firstIndex(where: { $0.waiters[ticket] != nil }) else { return }
    remove(ticket, from: index)?.deadline.cancel()
    dropIfUnwanted(index)
  }

  private func remove(_ ticket: Ticket, from index: Int) -> Waiter? {
    guard let waiter = jobs[index].waiters.removeValue(forKey: ticket) else { return nil }
    if !jobs[index].waiters.values.contains(where: { $0.variant == waiter.variant }) {
      jobs[index].wanted.leave(waiter.variant)
    }
    return waiter
  }

  private func dropIfUnwanted(_ index: Int) {
    let isRunning = index == 0 && isBusy
    if !isRunning, jobs[index].waiters.isEmpty { jobs.remove(at: index) }
  }

  /// A client's time is over. What is being rendered is there in a moment.
  private func giveUp(_ ticket: Ticket) {
    guard let index = jobs.firstIndex(where: { $0.waiters[ticket] != nil }) else { return }
    if jobs[index].wanted.isClosed { return }
    guard let waiter = remove(ticket, from: index) else { return }
    jobs[index].isOverdue = true
    guard index == 0 else {
      dropIfUnwanted(index)
      return waiter.deliver(.late)
    }
    let deliver = NIOLoopBound(waiter.deliver, eventLoop: eventLoop)
    threads.submit {
      [source, encode, eventLoop, selection = jobs[0].selection, variant = waiter.variant, expected = textBytes] state
      in
      guard state == .active, let parts = source.partial(of: selection) else {
        return eventLoop.execute { deliver.value(.late) }
      }
      Self.render(parts, [variant], encode, expecting: expected) { _, rendering, _ in
        eventLoop.execute { deliver.value(.rendering(rendering)) }
      }
    }
  }

  /// Calls back when the thread has nothing left to do.
  func notifyWhenIdle(_ body: @escaping () -> Void) {
    if !isBusy { body() } else { whenIdle.append(body) }
  }

  /// Collects and renders on one thread, without a way back in between.
  private func work() {
    isBusy = true
    let queue = NIOLoopBound(self, eventLoop: eventLoop)
    threads.submit {
      [source, encode, eventLoop, selection = jobs[0].selection, wanted = jobs[0].wanted, expected = textBytes] state in
      guard state == .active else { return }
      let parts = source.collect(selection)
      let variants = wanted.close()
      if variants.isEmpty { return eventLoop.execute { queue.value.finish() } }
      Self.render(parts, variants, encode, expecting: expected) { variant, rendering, isLast in
        eventLoop.execute {
          queue.value.deliver(rendering, as: variant)
          if isLast { queue.value.finish() }
        }
      }
    }
  }

  /// Each text is made once, whether it is wanted plain, compressed or both ways.
  private static func render(
    _ parts: [Snapshot], _ variants: Set<ScrapeRequest.Variant>, _ encode: Encoder, expecting expected: Int,
    deliver: (ScrapeRequest.Variant, Rendering, _ isLast: Bool) -> Void
  ) {
    var left = variants.count
    func hand(_ variant: ScrapeRequest.Variant, _ rendering: Rendering) {
      left -= 1
      deliver(variant, rendering, left == 0)
    }
    for format in ExpositionFormat.allCases {
      let plain = ScrapeRequest.Variant(format: format, gzip: false)
      let gzip = ScrapeRequest.Variant(format: format, gzip: true)
      guard variants.contains(plain) || variants.contains(gzip) else { continue }
      var text = ByteBuffer()
      text.reserveCapacity(expected + expected / 8)
      encode(parts, format) { text.writeBytes($0) }
      if variants.contains(plain) { hand(plain, Rendering(body: text, textBytes: text.readableBytes, isGzip: false)) }
      if variants.contains(gzip) {
        // without memory for it, plain text is better than none
        let compressed = Gzip.compress(text)
        hand(gzip, Rendering(body: compressed ?? text, textBytes: text.readableBytes, isGzip: compressed != nil))
      }
    }
  }

  private func deliver(_ rendering: Rendering, as variant: ScrapeRequest.Variant) {
    textBytes = rendering.textBytes
    for (ticket, waiter) in jobs[0].waiters where waiter.variant == variant {
      // Looked up again: what an earlier one did may have made this one's client go away.
      guard jobs[0].waiters.removeValue(forKey: ticket) != nil else { continue }
      waiter.deadline.cancel()
      waiter.deliver(.rendering(rendering))
    }
  }

  private func finish() {
    jobs.removeFirst()
    isBusy = false
    guard jobs.isEmpty else { return work() }
    let callbacks = whenIdle
    whenIdle = []
    for callback in callbacks { callback() }
  }
}

/// What those who wait for a collection want of it, for the thread that renders it at its end.
private final class WantedVariants: Sendable {
  private struct State {
    var variants: Set<ScrapeRequest.Variant> = []
    var isClosed = false
  }

  private let state = Mutex(State())

  /// Whether it is being rendered: what comes later is for another collection.
  var isClosed: Bool { state.withLock { $0.isClosed } }

  /// false where it is too late.
  func join(_ variant: ScrapeRequest.Variant) -> Bool {
    state.withLock { state in
      if !state.isClosed { state.variants.insert(variant) }
      return !state.isClosed
    }
  }

  /// Nobody waits for it any more.
  func leave(_ variant: ScrapeRequest.Variant) { _ = state.withLock { $0.variants.remove(variant) } }

  /// What is to be rendered.
  func close() -> Set<ScrapeRequest.Variant> {
    state.withLock { state in
      state.isClosed = true
      return state.variants
    }
  }
}
