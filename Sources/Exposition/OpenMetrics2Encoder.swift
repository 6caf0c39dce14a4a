/// Writes families and samples as OpenMetrics 2.0: a line for each sample, with the time at which it began, and a histogram is
/// one of them.
///
/// Source: the specification's release candidate 2.0.0-rc0 ("Text format"). Names are those of text 0.0.4, with `_total` and
/// `_info`: the format adds no suffix.
struct OpenMetrics2Encoder: SnapshotEncoder, ~Copyable {
  /// Whether histograms have native buckets, too.
  private let native: Bool
  private let bounds = BucketBounds.fields
  private var buckets = NativeBuckets()
  private var type = MetricType.gauge
  private var name: [UInt8] = []

  init(native: Bool) { self.native = native }

  mutating func begin(_ family: Family, _ bytes: inout [UInt8]) {
    type = family.type
    name.removeAll(keepingCapacity: true)
    name.append(contentsOf: family.name.utf8)
    switch type {
    case .counter: name.append(contentsOf: "_total".utf8)
    case .info: name.append(contentsOf: "_info".utf8)
    case .gauge, .histogram, .unknown: break
    }
    comment("TYPE", type.openMetricsWord, &bytes)
    if let unit = family.unit, type != .info { comment("UNIT", unit, &bytes) }
    comment("HELP", family.help, &bytes)
  }

  mutating func append(_ sample: Snapshot.Sample, of snapshot: borrowing Snapshot, _ bytes: inout [UInt8]) {
    bytes.append(contentsOf: name)
    SampleText.labels(snapshot.labels[sample.labels], to: &bytes)
    if case .histogram(let histogram) = sample.value {
      append(histogram, snapshot.slots[histogram.slots], &bytes)
    } else if type == .info {
      bytes.append(UInt8(ascii: "1"))
    } else {
      SampleText.value(sample.value, to: &bytes)
    }
    if sample.start >= 0, type == .counter || type == .histogram {
      bytes.append(contentsOf: " st@".utf8)
      DecimalText.append(snapshot.starts[sample.start], digits: 3, to: &bytes)
    }
    bytes.append(UInt8(ascii: "\n"))
  }

  func end(_ bytes: inout [UInt8]) { bytes.append(contentsOf: "# EOF\n".utf8) }

  private func comment(_ keyword: StaticString, _ text: String, _ bytes: inout [UInt8]) {
    SampleText.comment(keyword, name, text, escapesQuotes: true, to: &bytes)
  }

  /// Count, sum, native buckets, classic ones.
  private mutating func append(
    _ histogram: Snapshot.Histogram, _ slots: ArraySlice<UInt64>, _ bytes: inout [UInt8]
  ) {
    let count = slots.reduce(0, &+)
    bytes.append(contentsOf: "{count:".utf8)
    DecimalText.append(count, to: &bytes)
    bytes.append(contentsOf: ",sum:".utf8)
    DecimalText.append(histogram.sum, digits: 9, to: &bytes)
    if native { appendNative(histogram.scale, slots, &bytes) }
    bytes.append(contentsOf: ",bucket:[".utf8)
    _ = histogram.layout.cumulate(slots, histogram.scale) { exponent, count in
      bounds.append(exponent, to: &bytes)
      DecimalText.append(count, to: &bytes)
      bytes.append(UInt8(ascii: ","))
    }
    bytes.append(contentsOf: "+Inf:".utf8)
    DecimalText.append(count, to: &bytes)
    bytes.append(contentsOf: "]}".utf8)
  }

  private mutating func appendNative(_ scale: SlotScale, _ slots: ArraySlice<UInt64>, _ bytes: inout [UInt8]) {
    buckets.fill(from: slots, scale)
    bytes.append(contentsOf: ",schema:".utf8)
    DecimalText.append(scale.schema, to: &bytes)
    bytes.append(contentsOf: ",zero_threshold:".utf8)
    DecimalText.append(scale.zeroThreshold, to: &bytes)
    bytes.append(contentsOf: ",zero_count:".utf8)
    DecimalText.append(buckets.zeroCount, to: &bytes)
    if buckets.spans.isEmpty { return }
    bytes.append(contentsOf: ",positive_spans:[".utf8)
    for (index, span) in buckets.spans.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      DecimalText.append(span.offset, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      DecimalText.append(span.length, to: &bytes)
    }
    bytes.append(contentsOf: "],positive_buckets:[".utf8)
    for (index, count) in buckets.counts.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      DecimalText.append(count, to: &bytes)
    }
    bytes.append(UInt8(ascii: "]"))
  }
}
