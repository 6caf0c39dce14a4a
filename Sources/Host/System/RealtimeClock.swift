internal import Glibc

/// The wall clock, which may be set at any time.
package enum RealtimeClock {
  /// CLOCK_REALTIME in nanoseconds since the Unix epoch.
  package static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_nsec)
  }
}
