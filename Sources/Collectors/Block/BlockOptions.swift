/// Which block devices get their own series, and how many requests are followed.
package struct BlockOptions: Sendable, Hashable {
  /// At most this many devices have their own series; the rest is in `other`.
  package var devices = 32
  /// Requests that drivers may have at once of disks whose queue keeps no times; the latency of more is not measured.
  package var requests = 4_096
  /// Whether the kernel's own times of requests are used where it keeps them; for tests.
  package var usesKernelTimes = true

  package init() {}
}
