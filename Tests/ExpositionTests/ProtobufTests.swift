import Fixtures
import Exposition
import Testing

@Suite struct ProtobufTests {
  private static let clock = SeriesClock(monotonic: 5_000_000_000, realtime: 1_700_000_000_250_999_999)

  @Test func `a counter is what client_golang sends`() {
    var writer = SampleWriter(Snapshot(clock: Self.clock))
    writer.begin(Family("x_seconds", .counter, unit: "seconds", labels: ["a"], help: "H."))
    writer.label("a", "b\"\n")
    writer.nanoseconds(1_500_000_000)
    let name = Array("wattprobe_x_seconds_total".utf8)
    let created: [UInt8] = [0x08, 0x80, 0xE2, 0xCF, 0xAA, 0x06, 0x10, 0x80, 0xE5, 0x9A, 0x77]
    let counter: [UInt8] = [0x09, 0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 0x1A, UInt8(created.count)] + created
    let label: [UInt8] = [0x0A, 1, 0x61, 0x12, 3, 0x62, 0x22, 0x0A]
    let metric: [UInt8] = [0x0A, UInt8(label.count)] + label + [0x1A, UInt8(counter.count)] + counter
    let family: [UInt8] =
      [0x0A, UInt8(name.count)] + name + [0x12, 2, 0x48, 0x2E, 0x18, 0, 0x22, UInt8(metric.count)] + metric
      + [0x2A, 7] + Array("seconds".utf8)
    #expect(writer.finish().bytes(.protobuf) == [UInt8(family.count)] + family)
  }

  @Test(arguments: 0..<300)
  func `text and protobuf of a random snapshot hold the same`(seed: UInt64) throws {
    let random = RandomSnapshot(seed: seed)
    let families = try ProtobufReader.families(random.snapshot.bytes(.protobuf))
    let read = families.flatMap { family in family.metrics.flatMap { Self.lines(family.name, $0) } }
    let lines = random.lines()
    try #require(read.count == lines.count)
    for (read, line) in zip(read, lines) {
      #expect(read.name == line.name)
      #expect(read.labels == line.labels)
      let expected = try #require(line.number ?? Double(line.value))
      let isSame =
        read.value == expected || read.value.isNaN && expected.isNaN
        || abs(read.value - expected) <= expected.ulp
      #expect(isSame, "\(line.name): \(read.value), not \(expected)")
    }
    for family in families {
      let source = try #require(random.families.first { family.name.hasPrefix($0.name) })
      #expect(family.help == source.help)
      #expect(family.unit == (source.type == .info ? nil : source.unit))
      #expect(family.metrics.allSatisfy { $0.created == nil })
      let (type, field): (UInt64, UInt64) =
        switch source.type {
        case .counter: (0, 3)
        case .gauge, .info: (1, 2)
        case .unknown: (3, 5)
        case .histogram: (4, 7)
        }
      #expect(family.type == type)
      #expect(family.metrics.allSatisfy { $0.field == field })
    }
  }

  /// As the lines of text would be.
  private static func lines(
    _ name: String, _ metric: ProtobufReader.Metric
  ) -> [(name: String, labels: [TextReader.Label], value: Double)] {
    guard let count = metric.count, let sum = metric.sum else {
      return [(name, metric.labels, metric.number ?? .nan)]
    }
    var lines = metric.buckets.map { bucket in
      let bound = bucket.bound.significand == 1 ? "2^\(bucket.bound.exponent)" : "\(bucket.bound)"
      return (name + "_bucket", metric.labels + [.init(name: "le", value: bound)], Double(bucket.count))
    }
    lines.append((name + "_bucket", metric.labels + [.init(name: "le", value: "+Inf")], Double(count)))
    return lines + [(name + "_count", metric.labels, Double(count)), (name + "_sum", metric.labels, sum)]
  }

  @Test func `counters and histograms say when they began and gauges do not`() throws {
    var writer = SampleWriter(Snapshot(clock: Self.clock))
    writer.begin(Family("c", .counter, labels: ["n"], help: "H."))
    for (name, start) in [("early", nil), ("late", UInt64(7_000_000_000)), ("late2", 7_000_000_000)] {
      writer.label("n", name)
      writer.started(at: start)
      writer.unsigned(1)
    }
    writer.label("n", "nobody knows")
    writer.started(atMilliseconds: nil)
    writer.unsigned(1)
    writer.begin(Family("g", .gauge, help: "H."))
    writer.unsigned(1)
    writer.begin(Family("h_seconds", .histogram, unit: "seconds", help: "H."))
    writer.started(at: 6_000_000_000)
    writer.histogram(slots: [1], sum: 1, layout: HistogramLayout(lowest: -30, highest: -30))
    let families = try ProtobufReader.families(writer.finish().bytes(.protobuf))
    #expect(
      families.map { $0.metrics.map(\.created) } == [
        [
          .init(seconds: 1_700_000_000, nanoseconds: 250_000_000),
          .init(seconds: 1_700_000_002, nanoseconds: 250_000_000),
          .init(seconds: 1_700_000_002, nanoseconds: 250_000_000), nil,
        ], [nil], [.init(seconds: 1_700_000_001, nanoseconds: 250_000_000)],
      ])
  }
}
