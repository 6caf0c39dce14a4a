/// Writes families as delimited messages `io.prometheus.client.MetricFamily`: each one's length as a varint, then the message.
///
/// Sources: client_model's `metrics.proto`, of which the numbers of the fields are, and the wire format of protobuf. Names are
/// those of text 0.0.4, with `_total` and `_info`, as client_golang sends them: no server adds a suffix. The bucket of `+Inf`
/// of classic histograms is left to the count, as there; a native one is beside it where it is asked for.
struct ProtobufEncoder: SnapshotEncoder, ~Copyable {
  /// The message of the family under way.
  private var family: [UInt8] = []
  /// Messages within it, the innermost last: each is written whole before its length is known.
  private var metric: [UInt8] = []
  private var value: [UInt8] = []
  private var part: [UInt8] = []
  private var buckets = NativeBuckets()
  private let native: Bool
  private var type = MetricType.gauge
  /// Of the family under way: it comes after the metrics, which are the message's fourth field.
  private var unit: String?

  /// - Parameter native: whether histograms are native, too.
  init(native: Bool) { self.native = native }

  mutating func begin(_ family: Family, _ bytes: inout [UInt8]) {
    end(&bytes)
    type = family.type
    let suffix = type == .counter ? "_total" : type == .info ? "_info" : ""
    Protobuf.key(1, .delimited, to: &self.family)
    Protobuf.varint(UInt64(family.name.utf8.count + suffix.utf8.count), to: &self.family)
    self.family.append(contentsOf: family.name.utf8)
    self.family.append(contentsOf: suffix.utf8)
    Protobuf.string(2, family.help, to: &self.family)
    Protobuf.unsigned(3, type.protobufNumber, to: &self.family)
    unit = type == .info ? nil : family.unit
  }

  mutating func append(_ sample: Snapshot.Sample, of snapshot: borrowing Snapshot, _ bytes: inout [UInt8]) {
    metric.removeAll(keepingCapacity: true)
    appendLabels(snapshot.labels[sample.labels])
    value.removeAll(keepingCapacity: true)
    switch sample.value {
    case .histogram(let histogram):
      append(histogram, snapshot.slots[histogram.slots])
      if native { appendNative(histogram.scale, snapshot.slots[histogram.slots]) }
      appendCreated(15, sample, snapshot)
    case let number:
      // an info is always 1
      Protobuf.double(1, type == .info ? 1 : number.double, to: &value)
      if type == .counter { appendCreated(3, sample, snapshot) }
    }
    Protobuf.message(type.protobufField, value, to: &metric)
    Protobuf.message(4, metric, to: &family)
  }

  mutating func end(_ bytes: inout [UInt8]) {
    if family.isEmpty { return }
    if let unit { Protobuf.string(5, unit, to: &family) }
    Protobuf.varint(UInt64(family.count), to: &bytes)
    bytes.append(contentsOf: family)
    family.removeAll(keepingCapacity: true)
  }

  /// Field 1 of a metric for each `name="value"`, without the escapes of text.
  private mutating func appendLabels(_ labels: ArraySlice<UInt8>) {
    var position = labels.startIndex
    while let equals = labels[position...].firstIndex(of: UInt8(ascii: "=")) {
      part.removeAll(keepingCapacity: true)
      Protobuf.message(1, labels[position..<equals], to: &part)
      value.removeAll(keepingCapacity: true)
      // behind `="`
      position = equals + 2
      while position < labels.endIndex, labels[position] != UInt8(ascii: "\"") {
        var byte = labels[position]
        if byte == UInt8(ascii: "\\"), position + 1 < labels.endIndex {
          position += 1
          byte = labels[position] == UInt8(ascii: "n") ? UInt8(ascii: "\n") : labels[position]
        }
        value.append(byte)
        position += 1
      }
      Protobuf.message(2, value, to: &part)
      Protobuf.message(1, part, to: &metric)
      // behind `",`
      position = min(position + 2, labels.endIndex)
    }
  }

  /// Count, sum and buckets.
  private mutating func append(_ histogram: Snapshot.Histogram, _ slots: ArraySlice<UInt64>) {
    Protobuf.unsigned(1, slots.reduce(0, &+), to: &value)
    Protobuf.double(2, Snapshot.Value.decimal(histogram.sum, digits: 9).double, to: &value)
    _ = histogram.layout.cumulate(slots, histogram.scale) { exponent, count in
      part.removeAll(keepingCapacity: true)
      Protobuf.unsigned(1, count, to: &part)
      Protobuf.double(2, Double(sign: .plus, exponent: exponent, significand: 1), to: &part)
      Protobuf.message(3, part, to: &value)
    }
  }

  /// The same as a native histogram: fields 5 to 7 and 12 and 13. The count is that of these very slots, and there always is a
  /// threshold: servers refuse the one, and take an empty histogram for a classic one without the other.
  private mutating func appendNative(_ scale: SlotScale, _ slots: ArraySlice<UInt64>) {
    buckets.fill(from: slots, scale)
    Protobuf.signed(5, Int64(scale.schema), to: &value)
    Protobuf.double(6, scale.zeroThreshold, to: &value)
    Protobuf.unsigned(7, buckets.zeroCount, to: &value)
    for span in buckets.spans {
      part.removeAll(keepingCapacity: true)
      Protobuf.signed(1, Int64(span.offset), to: &part)
      Protobuf.unsigned(2, UInt64(span.length), to: &part)
      Protobuf.message(12, part, to: &value)
    }
    var last: UInt64 = 0
    for count in buckets.counts {
      Protobuf.signed(13, Int64(bitPattern: count &- last), to: &value)
      last = count
    }
  }

  /// A `google.protobuf.Timestamp` of when the series began.
  private mutating func appendCreated(
    _ field: UInt64, _ sample: Snapshot.Sample, _ snapshot: borrowing Snapshot
  ) {
    guard sample.start >= 0 else { return }
    let (seconds, milliseconds) = snapshot.starts[sample.start].quotientAndRemainder(dividingBy: 1000)
    part.removeAll(keepingCapacity: true)
    Protobuf.unsigned(1, seconds, to: &part)
    Protobuf.unsigned(2, milliseconds * 1_000_000, to: &part)
    Protobuf.message(field, part, to: &value)
  }
}

/// Fields of protobuf's wire format.
private enum Protobuf {
  enum WireType: UInt64 {
    case varint = 0
    case fixed64 = 1
    case delimited = 2
  }

  static func varint(_ value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  static func key(_ field: UInt64, _ type: WireType, to bytes: inout [UInt8]) {
    varint(field << 3 | type.rawValue, to: &bytes)
  }

  static func unsigned(_ field: UInt64, _ value: UInt64, to bytes: inout [UInt8]) {
    key(field, .varint, to: &bytes)
    varint(value, to: &bytes)
  }

  /// The zigzag form, in which small negative numbers are short.
  static func signed(_ field: UInt64, _ value: Int64, to bytes: inout [UInt8]) {
    unsigned(field, UInt64(bitPattern: value << 1 ^ value >> 63), to: &bytes)
  }

  static func double(_ field: UInt64, _ value: Double, to bytes: inout [UInt8]) {
    key(field, .fixed64, to: &bytes)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
  }

  static func message(_ field: UInt64, _ content: some Collection<UInt8>, to bytes: inout [UInt8]) {
    key(field, .delimited, to: &bytes)
    varint(UInt64(content.count), to: &bytes)
    bytes.append(contentsOf: content)
  }

  static func string(_ field: UInt64, _ text: String, to bytes: inout [UInt8]) {
    message(field, text.utf8, to: &bytes)
  }
}

extension MetricType {
  /// As `MetricType` of client_model numbers them.
  fileprivate var protobufNumber: UInt64 {
    switch self {
    case .counter: 0
    case .gauge, .info: 1
    case .unknown: 3
    case .histogram: 4
    }
  }

  /// The field of `Metric` that has such a value.
  fileprivate var protobufField: UInt64 {
    switch self {
    case .gauge, .info: 2
    case .counter: 3
    case .unknown: 5
    case .histogram: 7
    }
  }
}

extension Snapshot.Value {
  /// The number next to it, at most one unit in the last place away; a histogram's is none.
  fileprivate var double: Double {
    switch self {
    case .integer(let value): Double(value)
    case .unsigned(let value): Double(value)
    case .double(let value): value
    case .decimal(let value, let digits): Double(value) / (0..<digits).reduce(1.0) { power, _ in power * 10 }
    case .histogram: .nan
    }
  }
}
