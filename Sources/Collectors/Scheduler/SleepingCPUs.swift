internal import BPF
internal import BPFPrograms

/// Which CPUs have run nothing but their idle task since they were looked at last.
///
/// To read a perf event of a CPU interrupts it, and brings it out of whatever idle state it is in: where nothing can have been
/// counted since the last reading, that one still holds.
struct SleepingCPUs {
  /// The scheduler's clock at the last switch, by CPU; nil where a task ran, or that is not known.
  private var idleSince: [Int: UInt64] = [:]

  /// The CPUs of `online` that may have run a task since the last call; to be called before they are read.
  ///
  /// - Parameter time: what the programs at context switches keep of a CPU; nil where that is changing, or nobody keeps it.
  mutating func awake(of online: [Int], time: (Int) -> CPUTime?) -> [Int] {
    online.filter { cpu in
      let time = time(cpu)
      let since = time.flatMap { $0.is_idle != 0 && $0.last_clock != 0 ? $0.last_clock : nil }
      if let since, idleSince[cpu] == since { return false }
      idleSince[cpu] = since
      return true
    }
  }
}

extension SchedulerPrograms {
  /// What is known of the CPU's time; nil while that changes.
  func time(of cpu: Int) -> CPUTime? {
    cpus.copySequenced(cpu, offset: MemoryLayout<SchedPerCPU>.offset(of: \.time)!, as: CPUTime.self)
  }
}
