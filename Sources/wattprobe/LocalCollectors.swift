import Collecting
import Collectors
import Exposition
import Glibc
import Host
import Logging

/// The collectors of a command that shows or keeps itself what they count, and ends with them: it serves nothing, remains the
/// user who started it, and reads on its own thread what is due between collections.
struct LocalCollectors {
  /// What a wait ended with.
  enum Waking {
    /// The time has come.
    case due
    /// The descriptor can be read, or has ended.
    case readable
    /// A signal has been handled.
    case interrupted
  }

  let set: CollectorSet

  /// Throws where nothing at all can be counted.
  init(_ options: CollectorOptions, logger: Logger) throws {
    set = CollectorSet.starting(options, statistics: nil, budget: .off, logger: logger)
    guard set.runningCount > 0 else {
      throw StartError(
        "no collector could start",
        cure: "run it as root (sudo), or see `wattprobe collectors` for what each one is missing")
    }
    options.reader.rest()
  }

  /// Samples what is due until `deadline` (CLOCK_MONOTONIC in nanoseconds) or until there is something to read.
  func wait(until deadline: UInt64, for descriptor: Int32? = nil) -> Waking {
    while true {
      let due = min(set.sampleDue() ?? .max, deadline)
      let now = MonotonicClock.now
      if now >= deadline { return .due }
      guard due > now else { continue }
      // up to the next whole millisecond: an early wake-up would turn round in vain
      let milliseconds = Int32(clamping: (due - now + 999_999) / 1_000_000)
      var polled = pollfd(fd: descriptor ?? -1, events: Int16(POLLIN), revents: 0)
      let count = poll(&polled, 1, milliseconds)
      if count > 0 { return .readable }
      if count < 0 && errno == EINTR { return .interrupted }
    }
  }
}
