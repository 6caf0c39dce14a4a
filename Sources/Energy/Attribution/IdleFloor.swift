/// The power that a zone draws without any work.
///
/// Learned: the tenth percentile of the mean power of the last 300 quiet windows. A window is quiet where the CPUs were busy
/// for a fiftieth of their time at most, or for a twentieth of one CPU's where that is more. Since quiet windows alone count,
/// a busy period changes nothing however long it is; since the old ones go as new ones come, the floor follows a machine that
/// changes: down after 30 quiet windows, up after 270. What little work there is in a quiet window makes the floor too high
/// at first, never too low, and the low percentile brings it down. Before the first quiet window there is no floor, and all
/// energy is active.
package struct IdleFloor: Sendable {
  private static let capacity = 300
  /// The rank of the percentile is the count of windows divided by this.
  private static let fraction = 10

  /// Nanoseconds; a shorter window teaches nothing: sensors have steps, and what tasks did comes with the next.
  private static let shortest: UInt64 = 100_000_000

  /// Microwatts; nil until the first quiet window.
  package private(set) var microwatts: UInt64?
  private let isFixed: Bool
  /// Busy nanoseconds in a second up to which a window is quiet.
  private let quietBusy: UInt64
  /// Microwatts of quiet windows, and which of them is the oldest.
  private var recent: [UInt64] = []
  private var oldest = 0

  /// Learns on a machine of so many CPUs.
  package init(cpus: Int) {
    isFixed = false
    quietBusy = max(UInt64(max(1, cpus)) * 20_000_000, 50_000_000)
  }

  /// Told, and never learned.
  package init(microwatts: UInt64) {
    isFixed = true
    quietBusy = 0
    self.microwatts = microwatts
  }

  /// Takes note of a window in which tasks ran for `busyNanoseconds`, on all CPUs together.
  mutating func learn(from window: EnergyWindow, busyNanoseconds: UInt64) {
    guard !isFixed, window.nanoseconds >= Self.shortest else { return }
    guard UInt128(busyNanoseconds) * 1_000_000_000 <= UInt128(quietBusy) * UInt128(window.nanoseconds) else { return }
    let power = UInt64(clamping: UInt128(window.microjoules) * 1_000_000_000 / UInt128(window.nanoseconds))
    if recent.count < Self.capacity {
      recent.append(power)
    } else {
      recent[oldest] = power
      oldest = (oldest + 1) % Self.capacity
    }
    microwatts = recent.sorted()[recent.count / Self.fraction]
  }

  /// What the floor makes in this time, rounded down.
  package func microjoules(in nanoseconds: UInt64) -> UInt64 {
    guard let microwatts else { return 0 }
    return UInt64(clamping: UInt128(microwatts) * UInt128(nanoseconds) / 1_000_000_000)
  }
}
