/// Writes families and samples as the lines of one text format.
///
/// Sources: the OpenMetrics 1.0 specification, section "Text format", and "Exposition formats" of the Prometheus
/// documentation.
struct TextEncoder: SnapshotEncoder, ~Copyable {
  private let format: TextFormat
  private let bounds: BucketBounds
  /// Whether it has the times at which series began.
  private let created: Bool
  private var type = MetricType.gauge
  /// What each sample line of the current family begins with, up to the labels.
  private var name: [UInt8] = []
  /// Of `name`, the bytes of the family's own.
  private var familyBytes = 0
  /// The same for each bucket line of the current histogram sample, up to `le`.
  private var bucket: [UInt8] = []

  init(_ format: TextFormat, created: Bool) {
    self.created = created
    self.format = format
    self.bounds = .texts(format)
  }

  /// The lines ahead of a family's samples.
  mutating func begin(_ family: Family, _ bytes: inout [UInt8]) {
    type = family.type
    name.removeAll(keepingCapacity: true)
    name.append(contentsOf: family.name.utf8)
    familyBytes = name.count
    switch format {
    case .openMetrics:
      comment("TYPE", type.openMetricsWord, &bytes)
      if let unit = family.unit, type != .info { comment("UNIT", unit, &bytes) }
      comment("HELP", family.help, &bytes)
      addSuffix()
    case .prometheus:
      // This format knows no families of counters and infos apart from their samples: the suffix is part of the name.
      addSuffix()
      comment("HELP", family.help, &bytes)
      comment("TYPE", type.prometheusWord, &bytes)
    }
  }

  mutating func append(_ sample: Snapshot.Sample, of snapshot: borrowing Snapshot, _ bytes: inout [UInt8]) {
    if case .histogram(let histogram) = sample.value {
      append(histogram, snapshot.slots[histogram.slots], snapshot.labels[sample.labels], &bytes)
      return appendCreated(sample, snapshot, &bytes)
    }
    bytes.append(contentsOf: name)
    SampleText.labels(snapshot.labels[sample.labels], to: &bytes)
    // OpenMetrics: an info's value must be 1.
    if type == .info { bytes.append(UInt8(ascii: "1")) } else { SampleText.value(sample.value, to: &bytes) }
    bytes.append(UInt8(ascii: "\n"))
    if type == .counter { appendCreated(sample, snapshot, &bytes) }
  }

  func end(_ bytes: inout [UInt8]) {
    if format == .openMetrics { bytes.append(contentsOf: "# EOF\n".utf8) }
  }

  /// When the series began, right after its other samples: Prometheus does not find it anywhere else.
  private func appendCreated(
    _ sample: Snapshot.Sample, _ snapshot: borrowing Snapshot, _ bytes: inout [UInt8]
  ) {
    guard created, sample.start >= 0 else { return }
    bytes.append(contentsOf: name[..<familyBytes])
    bytes.append(contentsOf: "_created".utf8)
    SampleText.labels(snapshot.labels[sample.labels], to: &bytes)
    DecimalText.append(snapshot.starts[sample.start], digits: 3, to: &bytes)
    bytes.append(UInt8(ascii: "\n"))
  }

  private mutating func addSuffix() {
    switch type {
    case .counter: name.append(contentsOf: "_total".utf8)
    case .info: name.append(contentsOf: "_info".utf8)
    case .gauge, .histogram, .unknown: break
    }
  }

  private func comment(_ keyword: StaticString, _ text: String, _ bytes: inout [UInt8]) {
    SampleText.comment(keyword, name, text, escapesQuotes: format == .openMetrics, to: &bytes)
  }

  /// Buckets, count and sum.
  private mutating func append(
    _ histogram: Snapshot.Histogram, _ slots: ArraySlice<UInt64>, _ labels: ArraySlice<UInt8>, _ bytes: inout [UInt8]
  ) {
    bucket.removeAll(keepingCapacity: true)
    bucket.append(contentsOf: name)
    bucket.append(contentsOf: "_bucket{".utf8)
    if !labels.isEmpty {
      bucket.append(contentsOf: labels)
      bucket.append(UInt8(ascii: ","))
    }

    let count = histogram.layout.cumulate(slots, histogram.scale) { exponent, count in
      bytes.append(contentsOf: bucket)
      bounds.append(exponent, to: &bytes)
      DecimalText.append(magnitude: count, isNegative: false, to: &bytes)
      bytes.append(UInt8(ascii: "\n"))
    }
    bytes.append(contentsOf: bucket)
    bytes.append(contentsOf: "le=\"+Inf\"} ".utf8)
    DecimalText.append(magnitude: count, isNegative: false, to: &bytes)
    bytes.append(UInt8(ascii: "\n"))

    bytes.append(contentsOf: name)
    bytes.append(contentsOf: "_count".utf8)
    SampleText.labels(labels, to: &bytes)
    DecimalText.append(magnitude: count, isNegative: false, to: &bytes)
    bytes.append(UInt8(ascii: "\n"))

    bytes.append(contentsOf: name)
    bytes.append(contentsOf: "_sum".utf8)
    SampleText.labels(labels, to: &bytes)
    DecimalText.append(histogram.sum, digits: 9, to: &bytes)
    bytes.append(UInt8(ascii: "\n"))
  }
}

extension MetricType {
  /// As OpenMetrics calls it.
  package var openMetricsWord: String {
    switch self {
    case .counter: "counter"
    case .gauge: "gauge"
    case .histogram: "histogram"
    case .info: "info"
    case .unknown: "unknown"
    }
  }

  /// The type of that name; nil: there is none.
  package init?(openMetricsWord word: String) {
    let types: [MetricType] = [.counter, .gauge, .histogram, .info, .unknown]
    guard let type = types.first(where: { $0.openMetricsWord == word }) else { return nil }
    self = type
  }

  fileprivate var prometheusWord: String {
    switch self {
    case .info: "gauge"
    case .unknown: "untyped"
    case .counter, .gauge, .histogram: openMetricsWord
    }
  }
}

extension Snapshot.Value {
  /// Whether a family of `type` can hold such a value: histograms hold histograms, all others numbers.
  func fits(_ type: MetricType) -> Bool {
    if case .histogram = self { type == .histogram } else { type != .histogram }
  }
}
