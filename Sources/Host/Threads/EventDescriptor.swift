internal import CHost
import Glibc

/// Wakes a thread that waits for it: eventfd(2).
struct EventDescriptor: ~Copyable, Sendable {
  private let descriptor: FileDescriptor

  init() throws(SystemError) {
    let descriptor = chost_eventfd()
    guard descriptor >= 0 else { throw SystemError(-descriptor, call: "eventfd", path: "this process") }
    self.descriptor = FileDescriptor(owning: descriptor)
  }

  func signal() {
    var one: UInt64 = 1
    _ = write(descriptor.rawValue, &one, MemoryLayout<UInt64>.size)
  }

  /// Waits until it was signalled or the time is over; -1: for ever.
  func wait(milliseconds: CInt) {
    var entry = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
    let end = milliseconds < 0 ? UInt64.max : MonotonicClock.now + UInt64(milliseconds) * 1_000_000
    var left = milliseconds
    while poll(&entry, 1, left) < 0 && errno == EINTR {
      let now = MonotonicClock.now
      if milliseconds >= 0 { left = now < end ? CInt((end - now) / 1_000_000) : 0 }
    }
  }

  /// Forgets earlier signals.
  func clear() {
    var count: UInt64 = 0
    _ = read(descriptor.rawValue, &count, MemoryLayout<UInt64>.size)
  }
}
