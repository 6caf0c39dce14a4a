import Exposition
import Fixtures
import Testing

@testable import Recording

@Suite struct ExportTests {
  private static func csv(_ path: String) throws -> [String] {
    var bytes: [UInt8] = []
    let rows = try CSVExport().write(RecordingReader(path)) { bytes += $0 }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    // a field with a newline is two lines
    #expect(rows == lines.filter { $0.hasPrefix("20") }.count)
    return lines
  }

  private static func openMetrics(
    _ path: String, now: Int64 = .max
  ) throws -> (text: String, outcome: OpenMetricsExport.Outcome) {
    var bytes: [UInt8] = []
    let export = OpenMetricsExport(labels: [("job", "a\"b"), ("instance", "c")], now: now)
    let outcome = try export.write(RecordingReader(path)) { bytes += $0 }
    return (String(decoding: bytes, as: UTF8.self), outcome)
  }

  @Test func csvHasARowForEachSeriesAtEachTime() throws {
    let tree = try TemporaryTree()
    let lines = try Self.csv(Samples.recordSome(in: tree))
    #expect(lines.first == "time,elapsed_seconds,gap,metric,comm,kind,le,value")
    #expect(lines.contains("2023-11-14T22:13:20.000Z,0,,wattprobe_test_seconds_total,,\"a,\"\"b\"\""))
    #expect(lines.contains("\\\",,1.000000001"))
    #expect(lines.contains("2023-11-14T22:13:21.000Z,1,,wattprobe_test_ratio,<script>x,,,0.2"))
    #expect(lines.contains("2023-11-14T22:13:21.000Z,1,,wattprobe_test_wait_seconds_bucket,,,+Inf,5"))
    #expect(lines.contains("2023-11-14T22:13:21.000Z,1,,wattprobe_test_wait_seconds_bucket,,,0.0625,5"))
    #expect(lines.contains("2023-11-14T22:13:20.000Z,0,,wattprobe_test_wait_seconds_count,,,,4"))
    #expect(lines.contains("2023-11-14T22:13:20.000Z,0,,wattprobe_test_wait_seconds_sum,,,,0.000000007"))
    #expect(lines.contains("2023-11-14T22:13:20.000Z,0,,wattprobe_test_build_info,x,,,1"))
  }

  @Test func openMetricsHasASeriesInOnePiece() throws {
    let tree = try TemporaryTree()
    let (text, outcome) = try Self.openMetrics(Samples.recordSome(in: tree))
    let lines = text.split(separator: "\n").map(String.init)
    let start = try #require(lines.firstIndex(of: "# TYPE wattprobe_test_seconds counter"))
    let labels = #"kind="a,\"b\"\n\\",job="a\"b",instance="c""#
    #expect(
      lines[start..<(start + 5)] == [
        "# TYPE wattprobe_test_seconds counter", "# UNIT wattprobe_test_seconds seconds",
        "# HELP wattprobe_test_seconds Seconds.",
        "wattprobe_test_seconds_total{\(labels)} 1.000000001 1700000000",
        "wattprobe_test_seconds_total{\(labels)} 2.000000002 1700000001",
      ])
    #expect(lines.contains(#"wattprobe_test_wait_seconds_bucket{job="a\"b",instance="c",le="0.0625"} 4 1700000000"#))
    #expect(lines.contains(#"wattprobe_test_wait_seconds_sum{job="a\"b",instance="c"} 0.000000007 1700000001"#))
    #expect(lines.contains(#"wattprobe_test_build_info{comm="x",job="a\"b",instance="c"} 1 1700000001"#))
    #expect(lines.last == "# EOF")
    #expect(outcome.samples == lines.filter { !$0.hasPrefix("#") }.count)
  }

  @Test func unchangedValuesAreThereAtEveryTimeUntilTheSeriesEnds() throws {
    let tree = try TemporaryTree()
    let there = Samples.snapshot { writer in
      writer.begin(Samples.count)
      writer.label("kind", "x")
      writer.unsigned(5)
    }
    let gone = Samples.snapshot { _ in }
    let path = try Samples.record([there, there, gone, there, there], in: tree)
    let times = try Self.openMetrics(path).text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
      String($0.split(separator: " ").last!)
    }
    #expect(times == ["1700000000", "1700000001", "1700000003", "1700000004"])
    #expect(try Self.csv(path).count == 5)
  }

  /// Prometheus takes no sample twice at a time, none before another, and none of the future without harm.
  @Test func timesThatRepeatOrAreToComeAreLeftOut() throws {
    let tree = try TemporaryTree()
    let path = try tree.write("recording", "")
    var writer = try RecordingWriter(path, about: [])
    for (index, realtime) in [1000, 2000, 1500, 2000, 3000, 9000].enumerated() {
      let snapshot = Samples.snapshot { writer in
        writer.begin(Samples.count)
        writer.label("kind", "x")
        writer.unsigned(UInt64(index))
      }
      let instant = Instant(
        realtime: UInt64(realtime) * 1_000_000, monotonic: UInt64(index) * 1_000_000_000,
        boottime: UInt64(index) * 1_000_000_000)
      try writer.write([snapshot], at: instant, missed: 0)
    }
    try writer.finish()
    let (text, outcome) = try Self.openMetrics(path, now: 5000)
    let samples = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
      $0.split(separator: " ").suffix(2).joined(separator: " ")
    }
    #expect(samples == ["0 1", "1 2", "4 3"])
    #expect(outcome == OpenMetricsExport.Outcome(samples: 3, repeated: 2, future: 1))
  }

  @Test func anErrorOfTheOutputEndsIt() throws {
    let tree = try TemporaryTree()
    let reader = try RecordingReader(Samples.recordSome(in: tree))
    let failure = RecordingError(.full, "no room", cure: "make some")
    #expect(throws: failure) { try CSVExport().write(reader) { _ throws(RecordingError) in throw failure } }
    #expect(throws: failure) {
      try OpenMetricsExport(labels: [], now: .max).write(reader) { _ throws(RecordingError) in throw failure }
    }
  }

  @Test(arguments: [(0, "1970-01-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z")])
  func timesAreThoseOfRFC3339(_ milliseconds: Int64, _ text: String) {
    #expect(UTCTime.text(milliseconds) == text)
  }
}
