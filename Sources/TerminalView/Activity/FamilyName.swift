/// The metric families that the view is made of.
package enum FamilyName {
  static let energy = "wattprobe_energy_joules"
  static let power = "wattprobe_power_watts"
  static let energyWindow = "wattprobe_energy_window_seconds"
  static let attributed = "wattprobe_energy_attributed_joules"
  static let collectorUp = "wattprobe_collector_up"
  static let cpuTime = "wattprobe_cpu_seconds"
  static let waits = "wattprobe_sched_runqueue_latency_seconds"
  static let switches = "wattprobe_sched_context_switches"
  static let diskBytes = "wattprobe_block_io_bytes"
  static let diskTimes = "wattprobe_block_io_duration_seconds"
  static let networkBytes = "wattprobe_network_bytes"
  static let processEnergy = "wattprobe_process_energy_joules"
  static let processCPU = "wattprobe_process_cpu_seconds"
  static let processWait = "wattprobe_process_runqueue_seconds"
  static let processSwitches = "wattprobe_process_context_switches"
  static let processFaults = "wattprobe_process_page_faults"
  static let processIO = "wattprobe_process_io_bytes"
  static let processSyscalls = "wattprobe_process_syscalls"
  static let processResident = "wattprobe_process_resident_bytes"
  static let processThreads = "wattprobe_process_threads"
  static let cgroupEnergy = "wattprobe_cgroup_energy_joules"
  static let cgroupCPU = "wattprobe_cgroup_cpu_seconds"
  static let cgroupWaits = "wattprobe_cgroup_runqueue_latency_seconds"

  package static let all: Set<String> = [
    energy, power, energyWindow, attributed, collectorUp, cpuTime, waits, switches, diskBytes, diskTimes, networkBytes,
    processEnergy, processCPU, processWait, processSwitches, processFaults, processIO, processSyscalls,
    processResident, processThreads, cgroupEnergy, cgroupCPU, cgroupWaits,
  ]

  /// The collectors they come from; `syscalls` counts for processes with `--process.detail`.
  package static let collectors: Set<String> = [
    "sched", "cpu", "process", "cgroup", "energy", "block", "net", "syscalls",
  ]
}
