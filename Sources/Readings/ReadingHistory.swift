/// What changed between readings, whatever restarts, comes and goes.
///
/// A counter that is less than before began anew: all of it is new, as Prometheus has it. A series of a later reading that was
/// not there before began at 0, one that was there earlier and comes back goes on from where it was.
package struct ReadingHistory: Sendable {
  /// A series that is gone is remembered while at most so many are: the exporter's own ones come back soon if at all.
  private static let mostGone = 20_000

  private struct Series: Hashable {
    let family: String
    let labels: Labels
  }

  package private(set) var latest: Reading
  private var gone: [Series: Reading.Value] = [:]

  package init(from first: Reading) { latest = first }

  /// Takes the next reading.
  package mutating func advance(to next: Reading) -> Difference {
    var increases: [String: [Labels: Reading.Value]] = [:]
    for (name, family) in next.families where family.accumulates {
      let before = latest.families[name]?.series ?? [:]
      var increase: [Labels: Reading.Value] = [:]
      increase.reserveCapacity(family.series.count)
      for (labels, value) in family.series {
        let earlier = before[labels] ?? gone.removeValue(forKey: Series(family: name, labels: labels))
        increase[labels] = Self.increase(value, since: earlier)
      }
      increases[name] = increase
    }
    remember(missingIn: next)
    let elapsed = next.time > latest.time ? next.time - latest.time : 0
    latest = next
    return Difference(seconds: Double(elapsed) / 1e9, later: next, increases: increases)
  }

  private static func increase(_ value: Reading.Value, since earlier: Reading.Value?) -> Reading.Value {
    switch (value, earlier) {
    case (.number(let value), .number(let earlier)) where !(value < earlier): .number(value - earlier)
    case (.histogram(let value), .histogram(let earlier)): .histogram(value.increase(since: earlier))
    default: value
    }
  }

  private mutating func remember(missingIn next: Reading) {
    for (name, family) in latest.families where family.accumulates {
      let now = next.families[name]?.series ?? [:]
      for (labels, value) in family.series where now[labels] == nil {
        if gone.count >= Self.mostGone { gone.removeAll() }
        gone[Series(family: name, labels: labels)] = value
      }
    }
  }
}

/// What happened between two readings, and how things stood at the second.
package struct Difference: Sendable {
  /// Real time between the two.
  package let seconds: Double
  package let later: Reading
  private let increases: [String: [Labels: Reading.Value]]

  init(seconds: Double, later: Reading, increases: [String: [Labels: Reading.Value]]) {
    self.seconds = seconds
    self.later = later
    self.increases = increases
  }

  /// By how much the counters of a family rose; empty where there is none.
  package func increases(_ family: String) -> [Labels: Number] {
    (increases[family] ?? [:]).compactMapValues { if case .number(let number) = $0 { number } else { nil } }
  }

  /// What histograms of a family got; empty where there is none.
  package func histograms(_ family: String) -> [Labels: HistogramReading] {
    (increases[family] ?? [:]).compactMapValues { if case .histogram(let histogram) = $0 { histogram } else { nil } }
  }

  /// The values that stand, of gauges above all.
  package func values(_ family: String) -> [Labels: Number] { later.numbers(family) }
}

extension ReadingHistory {
  /// The first reading, in no time at all.
  package var standstill: Difference { Difference(seconds: 0, later: latest, increases: [:]) }
}
