package import Exposition

/// All samples of one moment, by family and labels, wherever they were read.
package struct Reading: Sendable {
  package enum Value: Sendable, Hashable {
    case number(Number)
    case histogram(HistogramReading)
  }

  package struct Family: Sendable, Hashable {
    /// Whether it only grows: a counter or a histogram.
    package let accumulates: Bool
    package internal(set) var series: [Labels: Value] = [:]
  }

  /// Names of families as exporters declare them, without `_total` and `_info`.
  package internal(set) var families: [String: Family] = [:]
  /// CLOCK_MONOTONIC in nanoseconds.
  package let time: UInt64

  package init(time: UInt64) { self.time = time }

  /// What collectors of this process found.
  ///
  /// - Parameters:
  ///   - snapshots: no family in two of them.
  ///   - names: the families that are kept; nil: all.
  ///   - time: CLOCK_MONOTONIC in nanoseconds.
  package init(_ snapshots: [Snapshot], keeping names: Set<String>? = nil, time: UInt64) {
    self.time = time
    for snapshot in snapshots {
      let kept = snapshot.families.map { names?.contains($0.name) ?? true }
      for sample in snapshot.samples where kept[sample.family] {
        let family = snapshot.families[sample.family]
        guard let labels = LabelText.labels(snapshot.labels[sample.labels]) else { continue }
        families[family.name, default: Family(accumulates: family.type == .counter || family.type == .histogram)]
          .series[labels] = Self.value(sample.value, of: family.type, in: snapshot)
      }
    }
  }

  private static func value(_ value: Snapshot.Value, of type: MetricType, in snapshot: Snapshot) -> Value {
    // encoders write it so
    if type == .info { return .number(Number(1)) }
    switch value {
    case .integer(let value): return .number(Number(value))
    case .unsigned(let value): return .number(Number(value))
    case .double(let value): return .number(.inexact(value))
    case .decimal(let value, let digits): return .number(Number(value, digits: digits))
    case .histogram(let histogram):
      var buckets: [HistogramReading.Bucket] = []
      let count = histogram.layout.cumulate(snapshot.slots[histogram.slots], histogram.scale) { exponent, count in
        buckets.append(.init(bound: Double(sign: .plus, exponent: exponent, significand: 1), count: count))
      }
      buckets.append(.init(bound: .infinity, count: count))
      return .histogram(HistogramReading(buckets: buckets, sum: Number(histogram.sum, digits: 9)))
    }
  }

  /// The numbers of a family, by labels; empty where there is none.
  package func numbers(_ family: String) -> [Labels: Number] {
    (families[family]?.series ?? [:]).compactMapValues { if case .number(let number) = $0 { number } else { nil } }
  }
}
