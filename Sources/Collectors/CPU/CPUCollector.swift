internal import Energy
internal import BPF
internal import BPFPrograms
package import Collecting
package import Exposition
internal import Host

/// Where each CPU's time went, its frequency and its idle states.
package final class CPUCollector: Collector {
  private static let seconds = Family(
    "cpu_seconds", .counter, unit: "seconds", labels: ["cpu", "mode"],
    help:
      "CPU time by what ran: a task, the idle task, software interrupts or device interrupts (hardirq). Timer and inter-processor interrupts count as what they interrupted."
  )
  private static let frequency = Family(
    "cpu_frequency_hertz", .gauge, unit: "hertz", labels: ["cpu"], help: "Current CPU frequency, as cpufreq reports it."
  )
  private static let idleSeconds = Family(
    "cpu_idle_seconds", .counter, unit: "seconds", labels: ["cpu", "state"], help: "Time spent in each idle state.")
  private static let idleEntries = Family(
    "cpu_idle_entries", .counter, labels: ["cpu", "state"], help: "Number of times each idle state was entered.")

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "cpu", summary: "CPU time by mode, frequency, idle states", isOnByDefault: true,
    families: [seconds, frequency, idleSeconds, idleEntries]
  ) { context throws(CollectorFailure) in try CPUCollector(context) }

  private enum Mode: Int, CaseIterable {
    case task, idle, softirq, hardirq

    /// Written out: the description of a case is looked up in metadata, each time.
    var name: String {
      switch self {
      case .task: "task"
      case .idle: "idle"
      case .softirq: "softirq"
      case .hardirq: "hardirq"
      }
    }
  }

  private let scheduler: SchedulerPrograms
  private let interrupts: InterruptPrograms
  private let idle: PerCPUPrograms<IdlePerCPU>
  private let paths: HostPaths
  private let frequencies: CPUFrequency
  private let stateNames: IdleStateNames
  /// By CPU.
  private var shown: [ShownTimes]
  private var shownIdle: [[UInt64]]

  private init(_ context: CollectorContext) throws(CollectorFailure) {
    scheduler = try context.kernel.scheduler()
    interrupts = try context.kernel.interrupts()
    idle = try PerCPUPrograms("cpu", map: "idle_cpus", attaching: ["cpu_idle"])
    context.kernel.register(idle)
    paths = context.options.paths
    let possible = (try? CPUTopology(paths: paths).possible) ?? Array(0..<PossibleCPUs.end)
    frequencies = CPUFrequency(cpus: possible, paths: paths, reader: context.options.reader)
    stateNames = IdleStateNames(cpus: PossibleCPUs.end, states: Int(IDLE_STATES), paths: paths)
    shown = Array(repeating: ShownTimes(modes: Mode.allCases.count), count: PossibleCPUs.end)
    shownIdle = Array(repeating: Array(repeating: 0, count: Int(IDLE_STATES)), count: PossibleCPUs.end)
  }

  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    let online = onlineCPUs()
    writer.begin(Self.seconds)
    for cpu in online {
      guard update(cpu) else { continue }
      for mode in Mode.allCases {
        writer.label("cpu", cpu)
        writer.label("mode", mode.name)
        writer.nanoseconds(shown[cpu].values[mode.rawValue])
      }
    }
    writer.begin(Self.frequency)
    frequencies.forEach(now: MonotonicClock.now) { cpu, hertz in
      writer.label("cpu", cpu)
      writer.unsigned(hertz)
    }
    writeIdleStates(online, to: &writer)
  }

  private func onlineCPUs() -> [Int] {
    let online = (try? CPUList.read(paths.sys("devices/system/cpu/online"))) ?? Array(0..<PossibleCPUs.end)
    return online.filter { $0 < PossibleCPUs.end }
  }

  /// Brings `shown[cpu]` up to now; false where the CPU has not been watched yet.
  private func update(_ cpu: Int) -> Bool {
    guard let time = scheduler.time(of: cpu) else { return true }
    guard time.anchor_ns > 0, scheduler.cpus.load(cpu, \.leaves) == 0 else { return false }
    // What runs since the last switch: now, less the last switch's moment on the clock user space has too.
    let now = MonotonicClock.now
    let sinceAnchor = now.subtracting(time.anchor_ns)
    let open = time.last_clock == 0 ? sinceAnchor : sinceAnchor.subtracting(time.last_clock &- time.anchor_clock)
    let ranTasks = time.task_ns + (time.is_idle == 0 ? open : 0)
    let idled = time.idle_ns + (time.is_idle == 0 ? 0 : open)

    let layout = MemoryLayout<InterruptsPerCPU>.self
    let hard = layout.offset(of: \.hardirq_ns)!
    let soft = layout.offset(of: \.softirq_ns)!
    let hardInTask = interrupts.cpus.load(cpu, offset: hard)
    let hardInIdle = interrupts.cpus.load(cpu, offset: hard + 8)
    let softInTask = interrupts.cpus.load(cpu, offset: soft)
    let softInIdle = interrupts.cpus.load(cpu, offset: soft + 8)
    // in the order of Mode
    shown[cpu].advance(
      to: [
        ranTasks.subtracting(hardInTask + softInTask), idled.subtracting(hardInIdle + softInIdle),
        softInTask + softInIdle, hardInTask + hardInIdle,
      ], now: now)
    return true
  }

  private func writeIdleStates(_ online: [Int], to writer: inout SampleWriter) {
    let layout = MemoryLayout<IdlePerCPU>.self
    let entries = layout.offset(of: \.idle_entries)!
    writer.begin(Self.idleSeconds)
    for cpu in online {
      let since = idle.cpus.load(cpu, \.idle_since)
      let current = since > 0 ? Int(idle.cpus.load(cpu, \.idle_state)) : -1
      for state in 0..<Int(IDLE_STATES) where idle.cpus.load(cpu, offset: entries + state * 8) > 0 {
        var time = idle.cpus.load(cpu, offset: layout.offset(of: \.idle_ns)! + state * 8)
        if state == current { time += MonotonicClock.now.subtracting(since) }
        shownIdle[cpu][state] = max(shownIdle[cpu][state], time)
        writer.label("cpu", cpu)
        writer.label("state", stateNames[cpu, state])
        writer.nanoseconds(shownIdle[cpu][state])
      }
    }
    writer.begin(Self.idleEntries)
    for cpu in online {
      for state in 0..<Int(IDLE_STATES) {
        let count = idle.cpus.load(cpu, offset: entries + state * 8)
        if count == 0 { continue }
        writer.label("cpu", cpu)
        writer.label("state", stateNames[cpu, state])
        writer.unsigned(count)
      }
    }
  }
}
