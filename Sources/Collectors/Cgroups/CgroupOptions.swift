/// How control groups get their own series.
package struct CgroupOptions: Sendable, Hashable {
  /// At most this many control groups have their own series; the rest is in `other`.
  package var limit = 100
  /// How long a control group keeps its series after its last process ended.
  package var graceNanoseconds: UInt64 = 60_000_000_000
  /// A control group matters once it used this much CPU time, older use counting less (it halves every 42 s).
  package var thresholdNanoseconds: UInt64 = 10_000_000
  /// Whether to keep a histogram of waits for a CPU for each.
  package var measuresRunqueue = false

  package init() {}
}
