internal import Foundation
internal import Glibc
internal import Synchronization

/// Files of energy counters that move as the registers of running hardware do, a microjoule a millisecond, until they are
/// told to stop: a sensor is believed only where it moves.
package final class TickingCounters: Sendable {
  private let isStopped = Mutex(false)
  private let hasEnded = DispatchSemaphore(value: 0)

  package init(_ paths: [String]) throws {
    let counters = try paths.map { path in
      let text = try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
      guard let counter = UInt64(text) else { throw MachineError(what: "no number in \(path)") }
      return (path, counter)
    }
    Thread.detachNewThread { [self] in
      var ticks: UInt64 = 0
      while !isStopped.withLock({ $0 }) {
        ticks += 1
        for (path, counter) in counters { Self.write(counter + ticks, to: path) }
        usleep(1000)
      }
      hasEnded.signal()
    }
  }

  /// From now on the files are the caller's.
  package func stop() {
    let wasStopped = isStopped.withLock { stopped in
      defer { stopped = true }
      return stopped
    }
    if !wasStopped { hasEnded.wait() }
  }

  /// One write of one length: no reader sees half of it.
  private static func write(_ counter: UInt64, to path: String) {
    let file = open(path, O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    defer { close(file) }
    let text = "\(counter)"
    let bytes = Array((String(repeating: "0", count: 19 - text.utf8.count) + text + "\n").utf8)
    _ = pwrite(file, bytes, bytes.count, 0)
  }
}
