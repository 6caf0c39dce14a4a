import Exposition
import Recording

@testable import Report

/// Recordings made up for tests: what each series has at each collection, a second apart.
struct MadeUp {
  private var series: [RecordedSeries] = []
  private var columns: [[RecordedValue?]] = []
  var times: [RecordedTime]
  var name = "made up"
  var about = ["host": "test", "interval_ns": "1000000000"]

  init(seconds: Int) {
    times = (0...seconds).map {
      RecordedTime(milliseconds: 1_700_000_000_000 + Int64($0) * 1000, elapsed: $0 == 0 ? 0 : 1_000_000_000)
    }
  }

  /// A counter; nil: the series is not there.
  mutating func counter(_ family: String, _ labels: String, digits: UInt8 = 0, _ values: [UInt64?]) {
    add(family, .counter, labels, digits, values.map { $0.map { .scaled($0, digits: digits) } })
  }

  mutating func histogram(_ family: String, _ labels: String, _ values: [(sum: UInt64, slots: [UInt64])]) {
    add(
      family, .histogram, labels, 0, values.map { .histogram(RecordedHistogram(sum: $0.sum, slots: $0.slots)) })
  }

  mutating func info(_ family: String, _ labels: String) {
    add(family, .info, labels, 0, times.map { _ in .scaled(1, digits: 0) })
  }

  private mutating func add(
    _ family: String, _ type: MetricType, _ labels: String, _ digits: UInt8, _ values: [RecordedValue?]
  ) {
    series.append(
      RecordedSeries(
        family: RecordedFamily(name: "wattprobe_" + family, type: type), labels: Array(labels.utf8), digits: digits))
    columns.append(values)
  }

  /// What an analysis makes of it: as a reader gives it, only changes.
  var figures: Figures {
    var analysis = Analysis(name: name, about: about, collections: times.count)
    for (index, time) in times.enumerated() {
      analysis.begin(time)
      for (number, values) in columns.enumerated() {
        let before = index == 0 ? nil : values[index - 1]
        if values[index] != before { analysis.change(Int64(number), series[number], values[index]) }
      }
    }
    return analysis.finish()
  }

  /// Energy of one package with a dozen processes, rates, a histogram and load tracking, for ten seconds.
  static var machine: MadeUp {
    var made = MadeUp(seconds: 10)
    let seconds = made.times.indices.map { UInt64($0) }
    made.counter(
      "energy_joules", #"source="rapl",package="0",zone="package-0""#, digits: 6, seconds.map { $0 * 10_000_001 })
    for (to, microjoules) in [
      ("processes", 6_000_000), ("kernel", 1_000_000), ("idle", 3_000_000), ("unattributed", 1),
    ] {
      made.counter(
        "energy_attributed_joules", #"package="0",to="\#(to)""#, digits: 6, seconds.map { $0 * UInt64(microjoules) })
    }
    for number in 1...12 {
      let labels = #"pid="\#(number)",comm="\#(number == 12 ? "<script>x" : "p\(number)")",cgroup="/a""#
      made.counter("process_energy_joules", labels, digits: 6, seconds.map { $0 * UInt64(number) * 50_000 })
      made.counter("process_cpu_seconds", labels, digits: 9, seconds.map { $0 * UInt64(number) * 10_000_000 })
    }
    made.counter(
      "process_energy_joules", #"pid="other",comm="",cgroup="""#, digits: 6, seconds.map { $0 * 2_100_000 })
    made.counter("syscalls", #"syscall="read",category="file""#, seconds.map { $0 * 100 })
    made.counter("cpu_seconds", #"cpu="0",mode="task""#, digits: 9, seconds.map { $0 * 500_000_000 })
    made.counter("cpu_seconds", #"cpu="0",mode="idle""#, digits: 9, seconds.map { $0 * 500_000_000 })
    made.histogram(
      "sched_runqueue_latency_seconds", "", seconds.map { (sum: $0 * 1000, slots: [0, $0, 0, 3 * $0]) })
    made.counter(
      "load_tracking_estimated_seconds", #"class="io_bound",signal="util_avg""#, digits: 9,
      seconds.map { $0 * 115_000_000 })
    made.counter(
      "load_tracking_actual_seconds", #"class="io_bound",signal="util_avg""#, digits: 9,
      seconds.map { $0 * 100_000_000 })
    made.histogram(
      "load_tracking_error_ratio", #"class="io_bound",signal="util_avg",direction="over""#,
      seconds.map { (sum: $0 * 150_000_000, slots: [UInt64](repeating: 0, count: 28) + [4 * $0]) })
    made.histogram(
      "load_tracking_convergence_seconds", #"class="bursty",step="up""#,
      seconds.map { (sum: $0 * 200_000_000, slots: [UInt64](repeating: 0, count: 27) + [2 * $0]) })
    made.counter("load_tracking_unconverged", #"class="bursty",step="up""#, seconds.map { 2 * $0 })
    made.info("load_tracking", #"invariance="none""#)
    return made
  }
}
