import NIOCore
import NIOPosix

/// The settings in force, read anew whenever somebody needs them. Lives on the event loop; files are read on a thread of
/// their own, once for all who come while the reading before goes on.
final class LiveSettings {
  /// A file system that hangs keeps nobody waiting for longer: what was read last is used.
  private static let patience = TimeAmount.seconds(1)

  private struct Waiter {
    let number: UInt64
    let deadline: Scheduled<Void>
    let deliver: (WebSettings) -> Void
  }

  private let source: WebConfigurationSource
  private let threads: NIOThreadPool
  private let eventLoop: any EventLoop
  /// As it was read last.
  private(set) var latest: WebSettings
  private var isReading = false
  /// For the reading that goes on.
  private var due: [Waiter] = []
  /// Those who came after it had begun: what they ask for may have been written since.
  private var waiting: [Waiter] = []
  private var issued: UInt64 = 0
  private var whenIdle: (() -> Void)?

  /// - Parameter threads: one thread.
  init(_ source: WebConfigurationSource, threads: NIOThreadPool, eventLoop: any EventLoop) {
    self.source = source
    self.threads = threads
    self.eventLoop = eventLoop
    latest = source.first
  }

  /// Calls back later, on the event loop, with what is in the files now.
  func current(_ deliver: @escaping (WebSettings) -> Void) {
    issued += 1
    let me = NIOLoopBound(self, eventLoop: eventLoop)
    let deadline = eventLoop.scheduleTask(in: Self.patience) { [number = issued] in me.value.giveUp(number) }
    waiting.append(Waiter(number: issued, deadline: deadline, deliver: deliver))
    if !isReading { begin() }
  }

  /// Calls back when nothing is being read.
  func notifyWhenIdle(_ body: @escaping () -> Void) {
    if isReading { whenIdle = body } else { body() }
  }

  private func giveUp(_ number: UInt64) {
    guard let waiter = (due + waiting).first(where: { $0.number == number }) else { return }
    due.removeAll { $0.number == number }
    waiting.removeAll { $0.number == number }
    waiter.deliver(latest)
  }

  private func begin() {
    isReading = true
    due = waiting
    waiting = []
    let me = NIOLoopBound(self, eventLoop: eventLoop)
    threads.submit { [eventLoop, source] state in
      guard state == .active else { return }
      let settings = source.read()
      eventLoop.execute { me.value.end(settings) }
    }
  }

  private func end(_ settings: WebSettings) {
    latest = settings
    isReading = false
    let due = due
    self.due = []
    if !waiting.isEmpty { begin() }
    for waiter in due {
      waiter.deadline.cancel()
      waiter.deliver(settings)
    }
    if !isReading, let whenIdle { whenIdle() }
  }
}
