internal import CHost
import Glibc

/// Wakes a thread that waits for it: eventfd(2).
package struct EventDescriptor: ~Copyable, Sendable {
  private let descriptor: FileDescriptor

  package init() throws(SystemError) {
    let descriptor = chost_eventfd()
    guard descriptor >= 0 else { throw SystemError(-descriptor, call: "eventfd", path: "this process") }
    self.descriptor = FileDescriptor(owning: descriptor)
  }

  /// Can be read once it was signalled.
  package var rawValue: CInt { descriptor.rawValue }

  package func signal() {
    var one: UInt64 = 1
    _ = write(descriptor.rawValue, &one, MemoryLayout<UInt64>.size)
  }

  /// Waits until it was signalled or the time is over; -1: for ever.
  package func wait(milliseconds: CInt) {
    var entry = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
    let end = milliseconds < 0 ? UInt64.max : MonotonicClock.now + UInt64(milliseconds) * 1_000_000
    var left = milliseconds
    while poll(&entry, 1, left) < 0 && errno == EINTR {
      let now = MonotonicClock.now
      if milliseconds >= 0 { left = now < end ? CInt((end - now) / 1_000_000) : 0 }
    }
  }

  /// The same, to the nanosecond, as far as the kernel's timers go.
  package func wait(nanoseconds: UInt64) {
    let end = MonotonicClock.now + nanoseconds
    var left = nanoseconds
    while chost_wait(descriptor.rawValue, left) == -EINTR {
      let now = MonotonicClock.now
      left = now < end ? end - now : 0
    }
  }

  /// Forgets earlier signals.
  package func clear() {
    var count: UInt64 = 0
    _ = read(descriptor.rawValue, &count, MemoryLayout<UInt64>.size)
  }
}
