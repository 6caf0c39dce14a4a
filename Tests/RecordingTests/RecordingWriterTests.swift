import Exposition
import Fixtures
import Testing

@testable import Recording

@Suite struct RecordingWriterTests {
  private static func one(_ family: Family, _ body: (inout SampleWriter) -> Void) -> Snapshot {
    Samples.snapshot { writer in
      writer.begin(family)
      writer.label(family.labels == ["comm"] ? "comm" : "kind", "x")
      body(&writer)
    }
  }

  @Test(arguments: [
    (Snapshot.Value.decimal(18_446_744_073_709_551_615, digits: 9), "18446744073.709551615"),
    (.decimal(1, digits: 9), "0.000000001"), (.decimal(9_223_372_036_854_775_808, digits: 6), "9223372036854.775808"),
    (.unsigned(.max), "18446744073709551615"), (.integer(.min), "-9223372036854775808"), (.integer(-7), "-7"),
    (.double(0.1), "0.1"), (.double(.nan), "NaN"), (.double(-.infinity), "-Inf"), (.double(1e300), "1e+300"),
    (.double(3), "3"),
  ])
  func numbersStayExact(_ value: Snapshot.Value, _ text: String) throws {
    let tree = try TemporaryTree()
    let family: Family
    if case .decimal = value { family = Samples.seconds } else { family = Samples.gauge }
    let snapshot = Self.one(family) { writer in
      switch value {
      case .decimal(let value, 9): writer.nanoseconds(value)
      case .decimal(let value, _): writer.micro(value)
      case .unsigned(let value): writer.unsigned(value)
      case .integer(let value): writer.integer(value)
      case .double(let value): writer.double(value)
      case .histogram: Issue.record("no number")
      }
    }
    #expect(try Samples.values(Samples.record([snapshot], in: tree)).values.map { $0 } == [[text]])
  }

  @Test func histogramsStayExact() throws {
    var random = Generator(seed: 7)
    let tree = try TemporaryTree()
    for number in 0..<50 {
      let slots = (0..<Int(random.below(66))).map { _ in random.chance(2) ? 0 : random.next() }
      let sum = random.next()
      let snapshot = Samples.snapshot { writer in
        writer.begin(Samples.wait)
        writer.histogram(slots: slots, sum: sum, layout: Samples.layout)
      }
      let kept = slots[..<((slots.lastIndex { $0 > 0 } ?? -1) + 1)]
      let values = try Samples.values(Samples.record([snapshot], in: tree, as: "\(number)"))
      #expect(values == ["wattprobe_test_wait_seconds{}": ["\(sum):\(Array(kept))"]])
    }
  }

  @Test func onlyWhatChangedIsWritten() throws {
    let tree = try TemporaryTree()
    let path = try Samples.record(
      [1, 1, 1, 2].map { value in Self.one(Samples.count) { $0.unsigned(value) } }, in: tree)
    #expect(try Samples.values(path) == ["wattprobe_test_events{kind=\"x\"}": ["1", "2"]])
    let database = try Database.open(path, .reading)
    #expect(try database.integer("SELECT count(*) FROM samples") == 2)
    #expect(try database.integer("SELECT count(*) FROM every_sample") == 4)
    #expect(try database.integer("SELECT sum(value) FROM every_sample") == 5)
  }

  @Test func aSeriesThatIsGoneHasEndedAndGoesOnAsItself() throws {
    let tree = try TemporaryTree()
    let there = Self.one(Samples.count) { $0.unsigned(5) }
    let path = try Samples.record([there, Samples.snapshot { _ in }, Samples.snapshot { _ in }, there], in: tree)
    #expect(try Samples.values(path) == ["wattprobe_test_events{kind=\"x\"}": ["5", "-", "5"]])
    #expect(try Database.open(path, .reading).integer("SELECT count(*) FROM every_sample") == 2)
  }

  /// Memory is that of what there is now.
  @Test func whatIsGoneIsForgotten() throws {
    let tree = try TemporaryTree()
    var writer = try RecordingWriter(try tree.write("recording", ""), about: [])
    for number in 0..<200 {
      let snapshot = Samples.snapshot { writer in
        writer.begin(Samples.count)
        writer.label("kind", number)
        writer.unsigned(1)
      }
      try writer.write([snapshot], at: Samples.instant(UInt64(number)), missed: 0)
      #expect(writer.seriesCount == 1)
    }
    try writer.finish()
  }

  /// A decimal of other digits than its series has is kept as a floating-point number.
  @Test func digitsMayChange() throws {
    let tree = try TemporaryTree()
    let path = try Samples.record(
      [Self.one(Samples.seconds) { $0.nanoseconds(1_500_000_000) }, Self.one(Samples.seconds) { $0.micro(2_500_000) }],
      in: tree)
    #expect(try Samples.values(path) == ["wattprobe_test_seconds{kind=\"x\"}": ["1.5", "2.5"]])
  }

  @Test func gapsAreMarked() throws {
    let tree = try TemporaryTree()
    let path = try tree.write("recording", "")
    var writer = try RecordingWriter(path, about: [])
    try writer.write([], at: Samples.instant(0), missed: 0)
    try writer.write([], at: Samples.instant(1000), missed: 0)
    try writer.write([], at: Samples.instant(4000), missed: 2)
    #expect(writer.collections == 3)
    #expect(writer.gaps == 1)
    try writer.finish()
    var times: [RecordedTime] = []
    try RecordingReader(path).forEach {
      times.append($0)
    } change: { _, _, _ in
    }
    #expect(times.map(\.elapsed) == [0, 1_000_000_000, 3_000_000_000])
    #expect(times.map(\.gaps) == [[], [], ["late"]])
  }

  /// What was committed is there for a reader while the writer goes on.
  @Test func readersSeeARecordingThatGoesOn() throws {
    let tree = try TemporaryTree()
    let path = try tree.write("recording", "")
    var writer = try RecordingWriter(path, about: [])
    for second in 1...3 {
      try writer.write(
        [Self.one(Samples.count) { $0.unsigned(UInt64(second)) }], at: Samples.instant(UInt64(second) * 1000), missed: 0
      )
      #expect(try RecordingReader(path).times.count == second)
    }
    try writer.finish()
  }
}
