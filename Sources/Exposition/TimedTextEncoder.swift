/// Writes series with the times of their samples as OpenMetrics 1.0, for what imports them: all of a family together, of it all
/// of a series, of that a sample after the other.
package struct TimedTextEncoder: ~Copyable {
  private let bounds = BucketBounds.texts(.openMetrics)
  /// Labels that every sample has, `name="value"` separated by commas.
  private let common: [UInt8]
  private var type = MetricType.unknown
  private var name: [UInt8] = []
  private var labels: [UInt8] = []
  private var timestamp: [UInt8] = []

  package init(labels: [UInt8]) { common = labels }

  /// The lines ahead of a family's samples. Its unit has to be the end of its name, or it has none.
  package mutating func begin(
    _ family: String, _ type: MetricType, unit: String?, help: String, to bytes: inout [UInt8]
  ) {
    self.type = type
    name = Array(family.utf8)
    SampleText.comment("TYPE", name, type.openMetricsWord, escapesQuotes: true, to: &bytes)
    if let unit, type != .info { SampleText.comment("UNIT", name, unit, escapesQuotes: true, to: &bytes) }
    SampleText.comment("HELP", name, help, escapesQuotes: true, to: &bytes)
    if type == .counter { name += "_total".utf8 }
    if type == .info { name += "_info".utf8 }
  }

  /// - Parameter own: the labels of the samples that follow, as a snapshot has them.
  package mutating func series(_ own: [UInt8]) {
    labels = own
    if !own.isEmpty && !common.isEmpty { labels.append(UInt8(ascii: ",")) }
    labels += common
  }

  /// A sample that is a number, as `number` writes it.
  ///
  /// - Parameter milliseconds: since the Unix epoch.
  package mutating func append(_ number: [UInt8], at milliseconds: UInt64, to bytes: inout [UInt8]) {
    setTime(milliseconds)
    line(suffix: "", number, to: &bytes)
  }

  /// A histogram: a line for each bucket, the count and the sum. Returns how many lines those are.
  ///
  /// - Parameters:
  ///   - slots: as in `HistogramLayout`.
  ///   - sum: nanoseconds.
  package mutating func append(
    slots: [UInt64], sum: UInt64, layout: HistogramLayout, scale: SlotScale, at milliseconds: UInt64,
    to bytes: inout [UInt8]
  ) -> Int {
    setTime(milliseconds)
    var lines = 3
    let count = layout.cumulate(slots[...], scale) { exponent, count in
      bucket(count, to: &bytes) { bounds.append(exponent, to: &$0) }
      lines += 1
    }
    bucket(count, to: &bytes) { $0 += "le=\"+Inf\"} ".utf8 }
    var number: [UInt8] = []
    DecimalText.append(magnitude: count, isNegative: false, to: &number)
    line(suffix: "_count", number, to: &bytes)
    number = []
    DecimalText.append(sum, digits: 9, to: &number)
    line(suffix: "_sum", number, to: &bytes)
    return lines
  }

  package func end(_ bytes: inout [UInt8]) { bytes += "# EOF\n".utf8 }

  private mutating func setTime(_ milliseconds: UInt64) {
    timestamp = [UInt8(ascii: " ")]
    DecimalText.append(milliseconds, digits: 3, to: &timestamp)
    timestamp.append(UInt8(ascii: "\n"))
  }

  private func line(suffix: StaticString, _ number: [UInt8], to bytes: inout [UInt8]) {
    bytes += name
    suffix.withUTF8Buffer { bytes.append(contentsOf: $0) }
    SampleText.labels(labels[...], to: &bytes)
    bytes += number
    bytes += timestamp
  }

  private func bucket(_ count: UInt64, to bytes: inout [UInt8], _ bound: (inout [UInt8]) -> Void) {
    bytes += name
    bytes += "_bucket{".utf8
    bytes += labels
    if !labels.isEmpty { bytes.append(UInt8(ascii: ",")) }
    bound(&bytes)
    DecimalText.append(magnitude: count, isNegative: false, to: &bytes)
    bytes += timestamp
  }
}

extension HistogramLayout {
  /// Calls `body` with the text of each bucket's `le` as Prometheus keeps it, and how many values are within it; the last is
  /// `+Inf`, which has them all.
  package func buckets(_ slots: [UInt64], _ scale: SlotScale, _ body: (_ bound: String, _ count: UInt64) -> Void) {
    let count = cumulate(slots[...], scale) { exponent, count in
      body("\(Double(sign: .plus, exponent: exponent, significand: 1))", count)
    }
    body("+Inf", count)
  }
}
