internal import Energy

/// What was last shown of one CPU's time, by mode, in nanoseconds: none falls, though the maps it comes from are read at slightly
/// different moments, and none grows by more than the time that passed.
///
/// The latter for CPUs that let others see what they write in another order (arm64): a reader may find the slice that has
/// just ended among those that have, and still take it for the one that runs. Seconds would be shown that have yet to pass.
struct ShownTimes {
  private(set) var values: [UInt64]
  /// When they were last brought up to now.
  private var time: UInt64?

  init(modes: Int) { values = Array(repeating: 0, count: modes) }

  /// Goes on to what was read at `now`; what it may not show yet comes with later readings.
  mutating func advance(to read: [UInt64], now: UInt64) {
    let most = time.map { now.subtracting($0) } ?? .max
    time = now
    for (mode, value) in read.enumerated() {
      values[mode] += min(value.subtracting(values[mode]), most)
    }
  }
}
