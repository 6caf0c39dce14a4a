internal import Readings

/// Joules since the view began, and watts, of whatever one kind of series divides the energy among.
struct EnergyShares<Key: Hashable & Sendable>: Sendable {
  private var joules: [Key: Number] = [:]
  private var watts: [Key: Double] = [:]
  private var endedJoules = Number.zero
  private var endedWatts = 0.0

  /// Adds what a difference has; `seconds`: in what time, nil: the power is still that of before.
  mutating func add(_ increases: [Key: Number], in seconds: Double?) {
    for (key, increase) in increases { joules[key, default: .zero] += increase }
    guard let seconds else { return }
    watts = increases.mapValues { $0.double / seconds }
    endedWatts = 0
  }

  /// Forgets all others, but for the sum of what they had.
  mutating func keep(_ keys: Set<Key>) {
    for (key, had) in joules where !keys.contains(key) {
      endedJoules += had
      endedWatts += watts.removeValue(forKey: key) ?? 0
      joules[key] = nil
    }
  }

  func watts(_ key: Key) -> Double? { watts[key] }
  func joules(_ key: Key) -> Double? { joules[key]?.double }

  /// What those had together that are no longer told apart; nil where they had nothing.
  var ended: (watts: Double, joules: Double)? {
    endedJoules.double > 0 ? (endedWatts, endedJoules.double) : nil
  }

  /// Of all together; nil where there are none yet.
  var total: (watts: Double, joules: Double)? {
    watts.isEmpty ? nil : (watts.values.reduce(endedWatts, +), joules.values.reduce(endedJoules, +).double)
  }
}
