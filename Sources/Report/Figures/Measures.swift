/// What an analysis looks at, by metric family.
enum Measures {
  /// How the series of a family are summed.
  struct Sum {
    /// Those with the same values of these labels are one.
    let labels: [String]
    /// Series with this label are left out.
    var excluded: (label: String, value: String)?
    /// Whether it is followed over time.
    var isBinned = true
  }

  static let prefix = "wattprobe_"

  static let counters: [String: Sum] = [
    "energy_joules": Sum(labels: ["source", "package", "zone"]),
    "energy_attributed_joules": Sum(labels: ["package", "to"]),
    "process_energy_joules": Sum(labels: ["pid", "comm", "cgroup"], isBinned: false),
    "process_cpu_seconds": Sum(labels: ["pid", "comm", "cgroup"], isBinned: false),
    "cpu_seconds": Sum(labels: ["mode"]),
    "syscalls": Sum(labels: ["category"]),
    "sched_context_switches": Sum(labels: ["kind"]),
    // what other network namespaces send passes a device of the host, too
    "network_packets": Sum(labels: ["direction"], excluded: ("device", "other")),
    "load_tracking_estimated_seconds": Sum(labels: ["class", "signal"]),
    "load_tracking_actual_seconds": Sum(labels: ["class", "signal"]),
    "load_tracking_unconverged": Sum(labels: ["class", "step"], isBinned: false),
  ]

  static let histograms: [String: Sum] = Dictionary(
    uniqueKeysWithValues: latencies.map { ($0.family, Sum(labels: [])) } + [
      ("load_tracking_error_ratio", Sum(labels: ["class", "signal", "direction"], isBinned: false)),
      ("load_tracking_convergence_seconds", Sum(labels: ["class", "step"], isBinned: false)),
    ])

  static let latencies: [(family: String, title: String)] = [
    ("sched_runqueue_latency_seconds", "Waiting in a run queue"),
    ("sched_offcpu_seconds", "Off the CPU, blocked"),
    ("block_io_duration_seconds", "Requests of disks"),
    ("syscall_duration_seconds", "System calls that were timed"),
    ("page_fault_duration_seconds", "Page faults"),
    ("softirq_latency_seconds", "Software interrupts, until they ran"),
    ("tcp_connect_duration_seconds", "TCP connections, until established"),
    ("network_transmit_queue_seconds", "Packets in a transmit queue"),
    ("lock_contention_seconds", "Waiting for a lock of the kernel"),
  ]

  /// Rates over time.
  static let charts: [(family: String, title: String, unit: String)] = [
    ("cpu_seconds", "CPU time by what ran", "CPUs"),
    ("syscalls", "System calls by category", "calls/s"),
    ("sched_context_switches", "Context switches", "switches/s"),
    ("network_packets", "Network packets", "packets/s"),
  ]

  /// Which collector has what a report would show.
  static let collectors: [(family: String, collector: String)] = [
    ("energy_joules", "energy"), ("energy_attributed_joules", "energy"), ("process_energy_joules", "energy"),
    ("process_cpu_seconds", "process"), ("cpu_seconds", "cpu"), ("syscalls", "syscalls"),
    ("sched_context_switches", "sched"), ("network_packets", "net"), ("sched_runqueue_latency_seconds", "sched"),
    ("sched_offcpu_seconds", "sched"), ("block_io_duration_seconds", "block"),
    ("syscall_duration_seconds", "syscalls"), ("load_tracking_actual_seconds", "loadtracking"),
  ]
}
