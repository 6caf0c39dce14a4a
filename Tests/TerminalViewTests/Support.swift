import Exposition
import Readings

@testable import TerminalView

/// Readings written as the text of an exporter.
enum Page {
  /// A machine of two CPUs with one package: at second `t`, process 1 has used t joules and t/2 seconds, process 2 half of
  /// that, the others a tenth of a joule, idle 3t.
  static func machine(_ seconds: Int, extra: String = "", source: String = "") -> String {
    let t = Double(seconds)
    let label = source.isEmpty ? "" : ",source=\"\(source)\""
    return """
      # TYPE wattprobe_energy_joules_total counter
      wattprobe_energy_joules_total{source="rapl",package="0",zone="package-0"} \(t * 4.85)
      # TYPE wattprobe_power_watts gauge
      wattprobe_power_watts{source="rapl",package="0",zone="package-0"} 4.85
      # TYPE wattprobe_energy_window_seconds gauge
      wattprobe_energy_window_seconds 1
      # TYPE wattprobe_energy_attributed_joules_total counter
      wattprobe_energy_attributed_joules_total{package="0",to="processes"\(label)} \(t * 1.6)
      wattprobe_energy_attributed_joules_total{package="0",to="kernel"\(label)} \(t * 0.25)
      wattprobe_energy_attributed_joules_total{package="0",to="idle"\(label)} \(t * 3)
      wattprobe_energy_attributed_joules_total{package="0",to="unattributed"\(label)} 0
      # TYPE wattprobe_process_energy_joules_total counter
      wattprobe_process_energy_joules_total{pid="1",comm="init",cgroup="/"\(label)} \(t)
      wattprobe_process_energy_joules_total{pid="2",comm="job",cgroup="/a/b"\(label)} \(t / 2)
      wattprobe_process_energy_joules_total{pid="other"\(label)} \(t / 10)
      # TYPE wattprobe_process_cpu_seconds_total counter
      wattprobe_process_cpu_seconds_total{pid="1",comm="init",cgroup="/",mode="user"} \(t / 4)
      wattprobe_process_cpu_seconds_total{pid="1",comm="init",cgroup="/",mode="system"} \(t / 4)
      wattprobe_process_cpu_seconds_total{pid="2",comm="job",cgroup="/a/b",mode="user"} \(t / 4)
      wattprobe_process_cpu_seconds_total{pid="other",mode="user"} 0
      # TYPE wattprobe_process_runqueue_seconds_total counter
      wattprobe_process_runqueue_seconds_total{pid="1",comm="init",cgroup="/"} \(t / 8)
      wattprobe_process_runqueue_seconds_total{pid="2",comm="job",cgroup="/a/b"} 0
      wattprobe_process_runqueue_seconds_total{pid="other"} 0
      # TYPE wattprobe_process_io_bytes_total counter
      wattprobe_process_io_bytes_total{pid="1",comm="init",cgroup="/",direction="read"} \(t * 2048)
      wattprobe_process_io_bytes_total{pid="1",comm="init",cgroup="/",direction="write"} 0
      # TYPE wattprobe_process_threads gauge
      wattprobe_process_threads{pid="1",comm="init",cgroup="/"} 1
      wattprobe_process_threads{pid="2",comm="job",cgroup="/a/b"} 3
      wattprobe_process_threads{pid="other"} 40
      # TYPE wattprobe_cgroup_cpu_seconds_total counter
      wattprobe_cgroup_cpu_seconds_total{cgroup="/"} \(t / 2)
      wattprobe_cgroup_cpu_seconds_total{cgroup="/a/b"} \(t / 4)
      wattprobe_cgroup_cpu_seconds_total{cgroup="other"} 0
      # TYPE wattprobe_cgroup_energy_joules_total counter
      wattprobe_cgroup_energy_joules_total{cgroup="/"\(label)} \(t)
      wattprobe_cgroup_energy_joules_total{cgroup="/a/b"\(label)} \(t / 2)
      wattprobe_cgroup_energy_joules_total{cgroup="other"\(label)} \(t / 10)
      # TYPE wattprobe_cpu_seconds_total counter
      wattprobe_cpu_seconds_total{cpu="0",mode="task"} \(t / 2)
      wattprobe_cpu_seconds_total{cpu="0",mode="idle"} \(t / 2)
      wattprobe_cpu_seconds_total{cpu="1",mode="task"} \(t / 4)
      wattprobe_cpu_seconds_total{cpu="1",mode="softirq"} \(t / 20)
      # TYPE wattprobe_network_bytes_total counter
      wattprobe_network_bytes_total{device="lo",direction="receive"} \(t * 10)
      wattprobe_network_bytes_total{device="lo",direction="transmit"} \(t * 10)
      wattprobe_network_bytes_total{device="eth0",direction="receive"} \(t * 1024)
      wattprobe_network_bytes_total{device="eth0",direction="transmit"} \(t * 512)
      wattprobe_network_bytes_total{device="other",direction="receive"} 0
      \(extra)

      """
  }

  static func reading(_ text: String, at seconds: Double) throws -> Reading {
    try Reading(Array(text.utf8), format: .prometheus, time: UInt64(seconds * 1e9))
  }

  /// What the machine did in the seconds from one to three.
  static func activity(extra: String = "", source: String = "") throws -> Activity {
    var activity = Activity(from: try reading(machine(1, extra: extra, source: source), at: 1))
    for second in 2...3 {
      activity.advance(to: try reading(machine(second, extra: extra, source: source), at: Double(second)))
    }
    return activity
  }

  static let context = View.Context(
    host: "box", time: "12:00:00", interval: "1s", advice: EnergyAdvice(isRemote: false), knowsParents: true)
}

extension Activity {
  func row(_ name: String, among rows: KeyPath<Activity, [Row]> = \.processes) -> Row? {
    self[keyPath: rows].first { $0.name == name }
  }
}
