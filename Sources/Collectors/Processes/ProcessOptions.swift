/// How processes get their own series.
package struct ProcessOptions: Sendable, Hashable {
  /// At most this many processes have their own series; the rest is in `other`.
  package var limit = 100
  /// How long a process keeps its series after it ended.
  package var graceNanoseconds: UInt64 = 60_000_000_000
  /// Time between two passes over all tasks, beside those a scrape asks for.
  package var intervalNanoseconds: UInt64 = 1_000_000_000
  /// A process matters once it used this much CPU time, older use counting less (it halves every 42 s).
  package var thresholdNanoseconds: UInt64 = 10_000_000

  /// Whether other collectors' programs count by process, too.
  package var hasDetail = false

  package init() {}
}
