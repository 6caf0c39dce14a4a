import Fixtures

/// A reader of delimited `io.prometheus.client.MetricFamily` messages for these tests: strict, and independent of the encoder.
struct ProtobufReader {
  enum Failure: Error {
    case cut
    case wireType(UInt64)
    case field(UInt64, of: String)
  }

  struct Metric: Equatable {
    var labels: [TextReader.Label] = []
    /// The field of the value: 2 gauge, 3 counter, 5 untyped, 7 histogram.
    var field: UInt64 = 0
    var number: Double?
    var count: UInt64?
    var sum: Double?
    var buckets: [Bucket] = []
    /// Where it is a native histogram, too.
    var native: Native?
    var created: Created?
  }

  struct Bucket: Equatable {
    var count: UInt64 = 0
    var bound: Double = 0
  }

  struct Native: Equatable {
    var schema: Int64 = 0
    var zeroThreshold: Double?
    var zeroCount: UInt64?
    var spans: [Span] = []
    var deltas: [Int64] = []

    /// The counts of buckets that are there, by index.
    var counts: [Int64: Int64] {
      var counts: [Int64: Int64] = [:]
      var (index, count) = (Int64(0), Int64(0))
      var rest = deltas[...]
      for span in spans {
        index += span.offset
        for _ in 0..<span.length {
          count += rest.popFirst() ?? .min
          counts[index] = count
          index += 1
        }
      }
      return rest.isEmpty ? counts : [:]
    }
  }

  struct Span: Equatable {
    var offset: Int64 = 0
    var length: UInt64 = 0
  }

  struct Created: Equatable {
    var seconds: UInt64 = 0
    var nanoseconds: UInt64 = 0
  }

  struct Family: Equatable {
    var name = ""
    var help = ""
    var type: UInt64 = 0
    var unit: String?
    var metrics: [Metric] = []
  }

  private enum Value {
    case number(UInt64)
    case bytes(ArraySlice<UInt8>)

    func text() throws -> String {
      guard case .bytes(let bytes) = self, let text = String(validating: bytes, as: UTF8.self) else {
        throw Failure.cut
      }
      return text
    }
    func unsigned() throws -> UInt64 {
      guard case .number(let number) = self else { throw Failure.cut }
      return number
    }
    /// Zigzag.
    func signed() throws -> Int64 {
      let number = try unsigned()
      return Int64(bitPattern: number >> 1) ^ -Int64(number & 1)
    }
    func double() throws -> Double { Double(bitPattern: try unsigned()) }
    func message() throws -> ArraySlice<UInt8> {
      guard case .bytes(let bytes) = self else { throw Failure.cut }
      return bytes
    }
  }

  static func families(_ bytes: [UInt8]) throws -> [Family] {
    var rest = bytes[...]
    var families: [Family] = []
    while !rest.isEmpty { families.append(try family(take(Int(try varint(&rest)), &rest))) }
    return families
  }

  private static func family(_ bytes: ArraySlice<UInt8>) throws -> Family {
    var family = Family()
    try fields(bytes) { field, value in
      switch field {
      case 1: family.name = try value.text()
      case 2: family.help = try value.text()
      case 3: family.type = try value.unsigned()
      case 4: family.metrics.append(try metric(value.message()))
      case 5: family.unit = try value.text()
      default: throw Failure.field(field, of: "MetricFamily")
      }
    }
    return family
  }

  private static func metric(_ bytes: ArraySlice<UInt8>) throws -> Metric {
    var metric = Metric()
    try fields(bytes) { field, value in
      switch field {
      case 1:
        var (name, text) = ("", "")
        try fields(value.message()) { field, value in
          if field == 1 { name = try value.text() } else if field == 2 { text = try value.text() }
        }
        metric.labels.append(.init(name: name, value: text))
      case 2, 3, 5:
        metric.field = field
        try fields(value.message()) { inner, value in
          switch (field, inner) {
          case (_, 1): metric.number = try value.double()
          case (3, 3): metric.created = try created(value.message())
          default: throw Failure.field(inner, of: "a value")
          }
        }
      case 7:
        metric.field = field
        try fields(value.message()) { field, value in
          switch field {
          case 1: metric.count = try value.unsigned()
          case 2: metric.sum = try value.double()
          case 3: metric.buckets.append(try bucket(value.message()))
          case 15: metric.created = try created(value.message())
          default: try native(field, value, &metric.native)
          }
        }
      default: throw Failure.field(field, of: "Metric")
      }
    }
    return metric
  }

  private static func native(_ field: UInt64, _ value: Value, _ histogram: inout Native?) throws {
    var native = histogram ?? Native()
    switch field {
    case 5: native.schema = try value.signed()
    case 6: native.zeroThreshold = try value.double()
    case 7: native.zeroCount = try value.unsigned()
    case 12:
      var span = Span()
      try fields(value.message()) { field, value in
        if field == 1 { span.offset = try value.signed() } else { span.length = try value.unsigned() }
      }
      native.spans.append(span)
    case 13: native.deltas.append(try value.signed())
    default: throw Failure.field(field, of: "Histogram")
    }
    histogram = native
  }

  private static func bucket(_ bytes: ArraySlice<UInt8>) throws -> Bucket {
    var bucket = Bucket()
    try fields(bytes) { field, value in
      switch field {
      case 1: bucket.count = try value.unsigned()
      case 2: bucket.bound = try value.double()
      default: throw Failure.field(field, of: "Bucket")
      }
    }
    return bucket
  }

  private static func created(_ bytes: ArraySlice<UInt8>) throws -> Created {
    var created = Created()
    try fields(bytes) { field, value in
      switch field {
      case 1: created.seconds = try value.unsigned()
      case 2: created.nanoseconds = try value.unsigned()
      default: throw Failure.field(field, of: "Timestamp")
      }
    }
    return created
  }

  private static func fields(_ bytes: ArraySlice<UInt8>, _ body: (UInt64, Value) throws -> Void) throws {
    var rest = bytes
    while !rest.isEmpty {
      let key = try varint(&rest)
      switch key & 7 {
      case 0: try body(key >> 3, .number(varint(&rest)))
      case 1:
        let number = try take(8, &rest).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        try body(key >> 3, .number(number))
      case 2: try body(key >> 3, .bytes(take(Int(try varint(&rest)), &rest)))
      case let other: throw Failure.wireType(other)
      }
    }
  }

  private static func take(_ count: Int, _ rest: inout ArraySlice<UInt8>) throws -> ArraySlice<UInt8> {
    guard count <= rest.count else { throw Failure.cut }
    let taken = rest.prefix(count)
    rest = rest.dropFirst(count)
    return taken
  }

  private static func varint(_ rest: inout ArraySlice<UInt8>) throws -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = rest.popFirst() else { throw Failure.cut }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw Failure.cut
  }
}
