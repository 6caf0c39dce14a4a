import Glibc

/// The clock the kernel programs stamp with.
package enum MonotonicClock {
  /// CLOCK_MONOTONIC in nanoseconds: `bpf_ktime_get_ns()`.
  package static var now: UInt64 { read(CLOCK_MONOTONIC) }

  /// CLOCK_BOOTTIME in nanoseconds: what `task_struct.start_boottime` is told by.
  package static var sinceBoot: UInt64 { read(CLOCK_BOOTTIME) }

  private static func read(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
