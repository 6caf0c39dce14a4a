import Glibc

/// The clock the kernel programs stamp with.
package enum MonotonicClock {
  /// CLOCK_MONOTONIC in nanoseconds: `bpf_ktime_get_ns()`.
  package static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
