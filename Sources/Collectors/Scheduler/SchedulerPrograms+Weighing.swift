internal import BPF
internal import BPFPrograms
internal import Energy
internal import Host

/// What tasks did on each package, where they are weighed.
extension SchedulerPrograms {
  private static let maps = ["weighed_tasks", "weight_cpus"]

  /// Has `other`, which is not loaded yet, use the maps of what tasks were weighed to.
  func shareWeights(with other: inout ProgramObject) throws(BPFError) {
    for map in Self.maps { try other.share(map, of: object) }
  }

  /// Leaves these maps out.
  static func omitWeights(in object: inout ProgramObject) throws(BPFError) {
    for map in maps { try object.omit(map: map) }
  }

  /// Tells the programs how each CPU weighs; returns the lane of its package by CPU, as far as that is known.
  static func setLanes(of weighing: Weighing?, in object: borrowing ProgramObject) throws(BPFError) -> [Int: Int] {
    var lanes: [Int: Int] = [:]
    guard let weighing else { return lanes }
    for cpu in 0..<PossibleCPUs.end {
      guard let entry = weighing.entry(ofCPU: cpu) else { continue }
      try object.setElement("weight_cpus", cpu, entry)
      lanes[cpu] = Int(entry.lane) - 1
    }
    return lanes
  }

  /// Weighs the slices that run at this moment up to now. Idle CPUs are left asleep.
  func weighRunning() {
    guard let weighing else { return }
    let time = MemoryLayout<SchedPerCPU>.offset(of: \.time)!
    let isIdle = time + MemoryLayout<CPUTime>.offset(of: \.is_idle)!
    let lastClock = time + MemoryLayout<CPUTime>.offset(of: \.last_clock)!
    for cpu in 0..<cpus.count where lanes[cpu] == nil && cpus.load(cpu, offset: lastClock) != 0 {
      // it came online
      guard var entry = weighing.entry(ofCPU: cpu) else { continue }
      // until its own cycles are counted, if ever
      (entry.counted_cycles, entry.counted_ns) = countedCycles(ofPackage: Int(entry.lane) - 1)
      do throws(BPFError) { try object.setElement("weight_cpus", cpu, entry) } catch { continue }
      lanes[cpu] = Int(entry.lane) - 1
    }
    let running = lanes.keys.filter { cpus.load($0, offset: isIdle) == 0 }
    // what cannot be closed now is weighed as it ends
    try? object.run("weigh_running", onEach: running.sorted())
  }

  /// The cycles of late of CPUs of a package, and in how much run time.
  private func countedCycles(ofPackage lane: Int) -> (UInt64, UInt64) {
    lanes.filter { $0.value == lane }.keys.reduce(into: (0, 0)) { sum, cpu in
      sum.0 += weightCPUs?.load(cpu, \.counted_cycles) ?? 0
      sum.1 += weightCPUs?.load(cpu, \.counted_ns) ?? 0
    }
  }

  /// How long the CPUs of each package ran tasks, in nanoseconds, as far as that is weighed.
  func busyTime() -> Weights {
    var sum = Weights.zero
    for (cpu, lane) in lanes { sum[lane] &+= weightCPUs?.load(cpu, \.busy_ns) ?? 0 }
    return sum
  }
}
