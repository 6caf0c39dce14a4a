import Fixtures
import Exposition
import Testing

@Suite struct CreatedSampleTests {
  private func snapshot() -> Snapshot {
    let clock = SeriesClock(monotonic: 5_000_000_000, realtime: 1_700_000_000_250_999_999)
    var writer = SampleWriter(Snapshot(clock: clock))
    writer.begin(Family("c_seconds", .counter, unit: "seconds", labels: ["n"], help: "H."))
    writer.label("n", 1)
    writer.nanoseconds(4)
    let labels = PreparedLabels(Family("c_seconds", .counter, unit: "seconds", labels: ["n"], help: "H.")) {
      $0.label("n", 2)
    }
    writer.labels(labels.starting(at: 7_749_000_001))
    writer.nanoseconds(5)
    writer.begin(Family("g", .gauge, help: "H."))
    writer.unsigned(6)
    writer.begin(Family("h_seconds", .histogram, unit: "seconds", help: "H."))
    writer.histogram(slots: [1], sum: 1, layout: HistogramLayout(lowest: -30, highest: -30))
    return writer.finish()
  }

  @Test func `each counter's time follows its total and each histogram's its sum`() {
    let lines = String(decoding: snapshot().bytes(.openMetrics, created: true), as: UTF8.self).split(separator: "\n")
    #expect(
      lines.filter { !$0.hasPrefix("#") } == [
        "wattprobe_c_seconds_total{n=\"1\"} 0.000000004", "wattprobe_c_seconds_created{n=\"1\"} 1700000000.25",
        "wattprobe_c_seconds_total{n=\"2\"} 0.000000005", "wattprobe_c_seconds_created{n=\"2\"} 1700000003",
        "wattprobe_g 6", "wattprobe_h_seconds_bucket{le=\"9.313225746154785e-10\"} 1",
        "wattprobe_h_seconds_bucket{le=\"+Inf\"} 1", "wattprobe_h_seconds_count 1",
        "wattprobe_h_seconds_sum 0.000000001",
        "wattprobe_h_seconds_created 1700000000.25",
      ])
  }

  @Test func `without the option, and in text that has no such samples, there are none`() {
    for (format, created) in [(ExpositionFormat.openMetrics, false), (.prometheus, true)] {
      #expect(!String(decoding: snapshot().bytes(format, created: created), as: UTF8.self).contains("_created"))
    }
  }

  @Test func `prometheus_client accepts and finds the times`() throws {
    let families = try ParsedFamily.parse(snapshot().bytes(.openMetrics, created: true), module: "openmetrics.parser")
    let times = families.flatMap(\.samples).filter { $0.name.hasSuffix("_created") }
    #expect(times.map(\.value) == ["1700000000.25", "1700000003.0", "1700000000.25"])
  }

  @Test func `what was taken back leaves no time behind`() {
    var writer = SampleWriter(snapshot())
    let before = writer.snapshot.size
    let mark = writer.mark()
    writer.begin(Family("taken_back", .counter, help: "H."))
    writer.started(at: 9_000_000_000)
    writer.rollBack(to: mark)
    #expect(writer.snapshot.size == before)
  }
}
