import Fixtures
import Exposition
import Testing

@Suite struct TextFormatTests {
  /// One family of each type, a family without samples, and labels of every kind.
  static func example() -> Snapshot {
    let layout = HistogramLayout(lowest: -2, highest: 1)
    var writer = SampleWriter()
    writer.begin(Family("cpu_seconds", .counter, unit: "seconds", labels: ["cpu", "mode"], help: "Time per \"mode\"."))
    writer.label("cpu", 0)
    writer.label("mode", "task")
    writer.nanoseconds(4_200_000_000)
    writer.label("cpu", 1)
    writer.label("mode", "a\\b\"c\nd")
    writer.nanoseconds(1)
    writer.begin(Family("drops", .counter, help: "Has no samples."))
    writer.begin(Family("power_watts", .gauge, unit: "watts", help: "Back\\slash\nand newline."))
    writer.micro(17_000_000)
    writer.begin(Family("build", .info, labels: ["version"], help: "The build."))
    writer.label("version", "1.2")
    writer.integer(1)
    writer.begin(Family("wait_seconds", .histogram, unit: "seconds", labels: ["kind"], help: "Waits."))
    writer.label("kind", "io")
    // Slot 28 ends at 2^-2 s; slot 32 at 4 s, beyond the highest bound.
    let slots: [UInt64] = (0...32).map { [3: 1, 28: 2, 29: 3, 31: 4, 32: 5][$0] ?? 0 }
    writer.histogram(slots: slots, sum: 20_000_000_500, layout: layout)
    writer.histogram(slots: [], sum: 0, layout: layout)
    return writer.finish()
  }

  @Test func `OpenMetrics text has families without suffix, units, canonical bounds and an end`() {
    let golden = """
      # TYPE wattprobe_cpu_seconds counter
      # UNIT wattprobe_cpu_seconds seconds
      # HELP wattprobe_cpu_seconds Time per \\"mode\\".
      wattprobe_cpu_seconds_total{cpu="0",mode="task"} 4.2
      wattprobe_cpu_seconds_total{cpu="1",mode="a\\\\b\\"c\\nd"} 0.000000001
      # TYPE wattprobe_power_watts gauge
      # UNIT wattprobe_power_watts watts
      # HELP wattprobe_power_watts Back\\\\slash\\nand newline.
      wattprobe_power_watts 17
      # TYPE wattprobe_build info
      # HELP wattprobe_build The build.
      wattprobe_build_info{version="1.2"} 1
      # TYPE wattprobe_wait_seconds histogram
      # UNIT wattprobe_wait_seconds seconds
      # HELP wattprobe_wait_seconds Waits.
      wattprobe_wait_seconds_bucket{kind="io",le="0.25"} 3
      wattprobe_wait_seconds_bucket{kind="io",le="0.5"} 6
      wattprobe_wait_seconds_bucket{kind="io",le="1.0"} 6
      wattprobe_wait_seconds_bucket{kind="io",le="2.0"} 10
      wattprobe_wait_seconds_bucket{kind="io",le="+Inf"} 15
      wattprobe_wait_seconds_count{kind="io"} 15
      wattprobe_wait_seconds_sum{kind="io"} 20.0000005
      wattprobe_wait_seconds_bucket{le="0.25"} 0
      wattprobe_wait_seconds_bucket{le="0.5"} 0
      wattprobe_wait_seconds_bucket{le="1.0"} 0
      wattprobe_wait_seconds_bucket{le="2.0"} 0
      wattprobe_wait_seconds_bucket{le="+Inf"} 0
      wattprobe_wait_seconds_count 0
      wattprobe_wait_seconds_sum 0
      # EOF

      """
    #expect(Self.example().string(.openMetrics) == golden)
  }

  @Test func `Prometheus text has names with suffix, infos as gauges, Go's bounds and no end`() {
    let golden = """
      # HELP wattprobe_cpu_seconds_total Time per "mode".
      # TYPE wattprobe_cpu_seconds_total counter
      wattprobe_cpu_seconds_total{cpu="0",mode="task"} 4.2
      wattprobe_cpu_seconds_total{cpu="1",mode="a\\\\b\\"c\\nd"} 0.000000001
      # HELP wattprobe_power_watts Back\\\\slash\\nand newline.
      # TYPE wattprobe_power_watts gauge
      wattprobe_power_watts 17
      # HELP wattprobe_build_info The build.
      # TYPE wattprobe_build_info gauge
      wattprobe_build_info{version="1.2"} 1
      # HELP wattprobe_wait_seconds Waits.
      # TYPE wattprobe_wait_seconds histogram
      wattprobe_wait_seconds_bucket{kind="io",le="0.25"} 3
      wattprobe_wait_seconds_bucket{kind="io",le="0.5"} 6
      wattprobe_wait_seconds_bucket{kind="io",le="1"} 6
      wattprobe_wait_seconds_bucket{kind="io",le="2"} 10
      wattprobe_wait_seconds_bucket{kind="io",le="+Inf"} 15
      wattprobe_wait_seconds_count{kind="io"} 15
      wattprobe_wait_seconds_sum{kind="io"} 20.0000005
      wattprobe_wait_seconds_bucket{le="0.25"} 0
      wattprobe_wait_seconds_bucket{le="0.5"} 0
      wattprobe_wait_seconds_bucket{le="1"} 0
      wattprobe_wait_seconds_bucket{le="2"} 0
      wattprobe_wait_seconds_bucket{le="+Inf"} 0
      wattprobe_wait_seconds_count 0
      wattprobe_wait_seconds_sum 0

      """
    #expect(Self.example().string(.prometheus) == golden)
  }

  @Test func `an unknown family has no suffix, and the type that each format has for it`() {
    var writer = SampleWriter()
    writer.begin(Family(unprefixed: "their_energy_microjoules", .unknown, help: "Theirs."))
    writer.unsigned(7)
    let snapshot = writer.finish()
    let openMetrics = """
      # TYPE their_energy_microjoules unknown
      # HELP their_energy_microjoules Theirs.
      their_energy_microjoules 7
      # EOF

      """
    #expect(snapshot.string(.openMetrics) == openMetrics)
    let prometheus = """
      # HELP their_energy_microjoules Theirs.
      # TYPE their_energy_microjoules untyped
      their_energy_microjoules 7

      """
    #expect(snapshot.string(.prometheus) == prometheus)
  }

  @Test func `an empty snapshot is the end alone in OpenMetrics and nothing in Prometheus text`() {
    #expect(Snapshot().string(.openMetrics) == "# EOF\n")
    #expect(Snapshot().string(.prometheus) == "")
  }

  @Test func `encoding leaves the snapshot as it was`() {
    let snapshot = Self.example()
    #expect(snapshot.string(.openMetrics) == snapshot.string(.openMetrics))
    #expect(snapshot.string(.openMetrics) == Self.example().string(.openMetrics))
  }

  @Test(arguments: TextFormat.allCases)
  func `many parts are one text, in pieces that end with a line`(format: TextFormat) {
    var whole = SampleWriter()
    var parts: [Snapshot] = []
    for part in 0..<3 {
      var writer = SampleWriter()
      let family = Family("part\(part)", .gauge, labels: ["number"], help: "A part.")
      writer.begin(family)
      whole.begin(family)
      for number in 0..<1000 {
        writer.label("number", number)
        writer.unsigned(UInt64(number))
        whole.label("number", number)
        whole.unsigned(UInt64(number))
      }
      parts.append(writer.finish())
    }
    var pieces: [[UInt8]] = []
    parts.encode(as: ExpositionFormat(format)) { pieces.append($0) }
    #expect(pieces.count > 1)
    #expect(pieces.allSatisfy { $0.last == UInt8(ascii: "\n") && $0.count < 40_000 })
    let text = whole.finish().text(format)
    #expect(Array(pieces.joined()) == text)
  }

  @Test func `what was written since a mark can be taken back`() {
    var writer = SampleWriter(Snapshot(reserving: Self.example().size))
    let threads = Family("threads", .gauge, labels: ["state"], help: "Threads.")
    writer.begin(threads)
    writer.label("state", "kept")
    writer.integer(-3)
    let mark = writer.mark()
    writer.begin(Family("lost", .gauge, labels: ["state"], help: "Lost."))
    writer.label("state", "lost")
    writer.integer(1)
    writer.label("state", "without a value")
    writer.rollBack(to: mark)
    writer.label("state", "next")
    writer.integer(4)
    #expect(
      writer.finish().string(.prometheus).hasSuffix(
        "\nwattprobe_threads{state=\"kept\"} -3\nwattprobe_threads{state=\"next\"} 4\n"))
  }
}
