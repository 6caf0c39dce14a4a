internal import Exposition
internal import Readings
internal import TerminalView

extension FuzzTarget {
  private static let page = """
    # HELP wattprobe_process_cpu_seconds_total CPU time.
    # TYPE wattprobe_process_cpu_seconds_total counter
    wattprobe_process_cpu_seconds_total{pid="7",comm="a\\"b",cgroup="/x",mode="user"} 1.5
    wattprobe_process_cpu_seconds_total{pid="other",mode="user"} 2e3 1700000000000
    # TYPE wattprobe_process_energy_joules_total counter
    wattprobe_process_energy_joules_total{pid="7",comm="a\\"b",cgroup="/x",source="model"} 18446744073709.551615
    # TYPE wattprobe_energy_attributed_joules_total counter
    wattprobe_energy_attributed_joules_total{package="0",to="idle"} 3
    # TYPE wattprobe_sched_runqueue_latency_seconds histogram
    wattprobe_sched_runqueue_latency_seconds_bucket{le="0.5"} 1
    wattprobe_sched_runqueue_latency_seconds_bucket{le="+Inf"} 3
    wattprobe_sched_runqueue_latency_seconds_count 3
    wattprobe_sched_runqueue_latency_seconds_sum 4.25

    """

  private static let openMetrics = """
    # TYPE wattprobe_cpu_seconds counter
    # UNIT wattprobe_cpu_seconds seconds
    # HELP wattprobe_cpu_seconds CPU time by mode.
    wattprobe_cpu_seconds_total{cpu="0",mode="task"} 4.2 # {trace_id="x"} 1
    wattprobe_cpu_seconds_created{cpu="0",mode="task"} 1.7e9
    # TYPE wattprobe_build info
    wattprobe_build_info{version="1"} 1
    # TYPE wattprobe_cgroup_cpu_seconds counter
    wattprobe_cgroup_cpu_seconds_total{cgroup="/a/b"} +Inf
    # EOF

    """

  /// What another exporter answers, and what is shown of it: twice, so that there is a difference.
  static let exposition = FuzzTarget("exposition", [page, openMetrics]) { bytes in
    for format in TextFormat.allCases {
      guard let first = try? Reading(bytes, format: format, time: 0) else { continue }
      let same = try? Reading(bytes, format: format, time: 1_000_000_000)
      let cut = try? Reading(Array(bytes.prefix(bytes.count / 2)), format: format, time: 2_000_000_000)
      var activity = Activity(from: first)
      for reading in [cut, same, cut].compactMap({ $0 }) { activity.advance(to: reading) }
      for subject in [ViewState.Subject.processes, .groups] {
        var state = ViewState()
        state.subject = subject
        state.isTree = true
        show(activity, state, parents: [7: 7])
      }
    }
  }

  /// Keys that are typed, and names of processes.
  static let keys = FuzzTarget(
    "keys", ["/bash\u{1B}", "\u{1B}[A\u{1B}[6~\u{1B}OH<>ctr?", "WJPQSFIOYMHAG+-\u{1B}[200~\u{E4}\n"]
  ) { bytes in
    let name = String(decoding: bytes, as: UTF8.self)
    var activity = Activity(from: Reading(time: 0))
    var writer = SampleWriter()
    writer.begin(
      Family("process_cpu_seconds", .counter, unit: "seconds", labels: ["pid", "comm", "cgroup"], help: "."))
    writer.label("pid", 3)
    writer.label("comm", name)
    writer.label("cgroup", name)
    writer.double(1)
    activity.advance(to: Reading([writer.finish()], time: 1_000_000_000))
    var state = ViewState()
    for key in Key.keys(bytes) {
      _ = state.handle(key, columns: Column.allCases, sorting: state.sort ?? .cpu, page: 3)
      show(activity, state, parents: [:])
    }
  }

  private static func show(_ activity: Activity, _ state: ViewState, parents: [UInt32: UInt32]) {
    let context = View.Context(
      host: "fuzz", time: "now", interval: "1s", advice: EnergyAdvice(isRemote: false), knowsParents: true)
    let view = View(activity, state, context, parents: parents)
    for width in [1, 20, 90] {
      for line in view.screen(columns: width, lines: 7) { precondition(line.width <= width, line.text) }
    }
    _ = view.block()
  }
}
