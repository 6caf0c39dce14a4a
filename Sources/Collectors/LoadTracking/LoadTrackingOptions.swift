/// When a task is of which class, and how many are followed.
package struct LoadTrackingOptions: Sendable, Hashable {
  /// Length of a window, in nanoseconds.
  package var windowNanoseconds: UInt64 = 1_000_000_000
  /// Share of the window on the CPU from which on a task is CPU-bound.
  package var cpuBound = 0.8
  /// Share of the time asleep that is waiting for I/O from which on a task is I/O-bound.
  package var ioBound = 0.5
  /// Run time between two sleeps, on average, up to which a task is interactive.
  package var interactiveNanoseconds: UInt64 = 10_000_000
  /// Tasks there is room for.
  package var tasks = 16_384
  /// The only process to follow, for tests; 0: all.
  package var process: Int32 = 0

  package init() {}
}
