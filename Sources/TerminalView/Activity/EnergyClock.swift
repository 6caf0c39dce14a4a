internal import Readings

/// In what time the energy was used by which counters rose.
///
/// They rise at the end of each window in which sensors are read, not all the time: a second between two readings holds one
/// window, or none, or two.
struct EnergyClock {
  /// Sensors that stand still for so many windows are at rest.
  private static let mostWindows = 3.0

  /// Real time since energy was last seen to rise.
  private var open = 0.0
  /// What was begun before the first reading ends with the second, and is short.
  private var isFirst = true

  /// Seconds; nil while the window in which it is used is open.
  mutating func seconds(of difference: Difference) -> Double? {
    open += difference.seconds
    let window = difference.values(FamilyName.energyWindow).values.first?.double ?? 0
    guard window > 0 else { return take(open) }
    let increases = difference.increases(FamilyName.energy).mapValues(\.double)
    if !increases.values.contains(where: { $0 > 0 }) { return open > Self.mostWindows * window ? take(open) : nil }
    let power = difference.values(FamilyName.power).mapValues(\.double)
    // power is the mean of the last window: where it makes up all of the energy, there was no other
    let isOne = increases.allSatisfy { labels, joules in
      guard let watts = power[labels] else { return joules == 0 }
      return (joules - watts * window).magnitude <= joules * 1e-3 + 1e-5
    }
    return take(window * (isOne ? 1 : max(isFirst ? 1 : 2, (open / window).rounded())))
  }

  private mutating func take(_ seconds: Double) -> Double? {
    open = 0
    isFirst = false
    return seconds > 0 ? seconds : nil
  }
}
