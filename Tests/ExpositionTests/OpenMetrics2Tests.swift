import Exposition
import Fixtures
import Testing

@Suite struct OpenMetrics2Tests {
  private static let clock = SeriesClock(monotonic: 5_000_000_000, realtime: 1_700_000_000_250_999_999)

  private func read(_ snapshot: Snapshot, native: Bool = false) throws -> OpenMetrics2Reader {
    var bytes: [UInt8] = []
    [snapshot].encode(as: .openMetrics2, native: native) { bytes += $0 }
    return try OpenMetrics2Reader(bytes)
  }

  @Test func `each kind of sample is a line`() {
    var writer = SampleWriter(Snapshot(clock: Self.clock))
    writer.begin(Family("x_seconds", .counter, unit: "seconds", labels: ["a"], help: "H \"q\"."))
    writer.label("a", "b\"\n")
    writer.nanoseconds(1_500_000_000)
    writer.begin(Family("g", .gauge, help: "G."))
    writer.unsigned(3)
    writer.begin(Family("build", .info, labels: ["v"], help: "I."))
    writer.label("v", "1")
    writer.unsigned(7)
    writer.begin(Family("h_seconds", .histogram, unit: "seconds", help: "H."))
    writer.started(at: 7_000_000_000)
    writer.histogram(slots: [0, 2, 1], sum: 5, layout: HistogramLayout(lowest: -30, highest: -28))
    var text = ""
    [writer.finish()].encode(as: .openMetrics2, native: true) { text += String(decoding: $0, as: UTF8.self) }
    #expect(
      text == """
        # TYPE wattprobe_x_seconds_total counter
        # UNIT wattprobe_x_seconds_total seconds
        # HELP wattprobe_x_seconds_total H \\"q\\".
        wattprobe_x_seconds_total{a="b\\"\\n"} 1.5 st@1700000000.25
        # TYPE wattprobe_g gauge
        # HELP wattprobe_g G.
        wattprobe_g 3
        # TYPE wattprobe_build_info info
        # HELP wattprobe_build_info I.
        wattprobe_build_info{v="1"} 1
        # TYPE wattprobe_h_seconds histogram
        # UNIT wattprobe_h_seconds seconds
        # HELP wattprobe_h_seconds H.
        wattprobe_h_seconds {count:3,sum:0.000000005,schema:0,zero_threshold:2.938735877055719e-39,zero_count:0,\
        positive_spans:[-29:2],positive_buckets:[2,1],\
        bucket:[9.313225746154785e-10:0,1.862645149230957e-09:2,3.725290298461914e-09:3,+Inf:3]} st@1700000002.25
        # EOF

        """)
  }

  @Test(arguments: 0..<300)
  func `a random snapshot is what the other formats hold`(seed: UInt64) throws {
    let random = RandomSnapshot(seed: seed)
    let families = try read(random.snapshot).families
    let lines = families.flatMap { family in family.samples.flatMap { Self.lines(family, $0) } }
    let expected = random.lines()
    try #require(lines.count == expected.count)
    for (line, expected) in zip(lines, expected) {
      #expect(line.name == expected.name)
      #expect(line.labels == expected.labels)
      if let number = expected.number {
        let value = try #require(Double(line.value))
        #expect(value == number || value.isNaN && number.isNaN)
      } else {
        #expect(line.value == expected.value)
      }
    }
    for family in families {
      let source = try #require(random.families.first { family.name.hasPrefix($0.name) })
      #expect(family.help == source.help)
      #expect(family.unit == (source.type == .info ? nil : source.unit))
      #expect(family.samples.allSatisfy { $0.start == nil })
    }
  }

  /// As the lines of the older formats would be.
  private static func lines(
    _ family: OpenMetrics2Reader.Family, _ sample: OpenMetrics2Reader.Sample
  ) -> [(name: String, labels: [TextReader.Label], value: String)] {
    guard case .histogram(let histogram) = sample.value else {
      guard case .number(let value) = sample.value else { return [] }
      return [(family.name, sample.labels, value)]
    }
    let buckets = histogram.buckets.map { (Double($0.bound).map { "2^\($0.exponent)" } ?? "", $0.count) }
    let lines = (buckets + [("+Inf", histogram.all)]).map { bound, count in
      (family.name + "_bucket", sample.labels + [TextReader.Label(name: "le", value: bound)], count)
    }
    return lines + [
      (family.name + "_count", sample.labels, histogram.count), (family.name + "_sum", sample.labels, histogram.sum),
    ]
  }

  @Test func `native buckets are those of protobuf`() throws {
    var random = Generator(seed: 3)
    for isFine in [false, true] {
      for _ in 0..<100 {
        let slots = (0..<(isFine ? 384 : 48)).map { _ in
          Int.random(in: 0..<5, using: &random) > 0 ? 0 : UInt64.random(in: 1...1000, using: &random)
        }
        var writer = SampleWriter()
        writer.begin(Family("x_seconds", .histogram, unit: "seconds", help: "H."))
        writer.histogram(
          slots: slots, sum: 1, layout: .init(lowest: -20, highest: 3), scale: SlotScale(isFine: isFine, first: 10))
        let snapshot = writer.finish()
        var bytes: [UInt8] = []
        [snapshot].encode(as: .protobuf, native: true) { bytes += $0 }
        let protobuf = try #require(try ProtobufReader.families(bytes).first?.metrics.first?.native)
        guard
          case .histogram(let text) = try #require(try read(snapshot, native: true).families.first?.samples.first).value
        else {
          Issue.record("no histogram")
          return
        }
        #expect(text.native == protobuf)
        #expect(text.count == String(slots.reduce(0, +)))
      }
    }
  }

  @Test func `labels that hold anything are read back`() throws {
    for (index, bytes) in RandomSnapshot.hostile.enumerated() {
      var writer = SampleWriter()
      writer.begin(Family("x", .gauge, labels: ["a"], help: "H."))
      writer.label("a", String(decoding: bytes, as: UTF8.self))
      writer.unsigned(1)
      let read = try read(writer.finish()).families.first?.samples.first?.labels.first?.value
      #expect(read == String(decoding: bytes, as: UTF8.self).replacing("\0", with: "\u{FFFD}"), "\(index)")
    }
  }

  @Test func `the parser refuses what is not of the grammar`() {
    let right = "# TYPE x counter\nx 1 st@1.5\n# EOF\n"
    #expect(throws: Never.self) { try OpenMetrics2Reader(Array(right.utf8)) }
    for wrong in [
      "x 1\n# EOF\n", "# TYPE x counter\nx 1\n", "# TYPE x counter\nx  1\n# EOF\n",
      "# TYPE x counter\nx 1 st@\n# EOF\n",
      "# TYPE x histogram\nx {count:1,sum:1,bucket:[]}\n# EOF\n", "# TYPE x histogram\nx 1\n# EOF\n",
      "# TYPE x histogram\nx {count:1, sum:1,bucket:[+Inf:1]}\n# EOF\n",
      "# TYPE x histogram\nx {count:1,sum:1,schema:0,zero_threshold:0,zero_count:0,positive_spans:[1:2],positive_buckets:[1],bucket:[+Inf:1]}\n# EOF\n",
      "# TYPE x counter\nx 0x1\n# EOF\n", "# TYPE x counter\nx{a=\"\\a\"} 1\n# EOF\n",
    ] {
      #expect(throws: OpenMetrics2Reader.Failure.self, "\(wrong)") { try OpenMetrics2Reader(Array(wrong.utf8)) }
    }
  }
}
