internal import BPF
internal import BPFPrograms
internal import Collecting
internal import Glibc
internal import Host

/// What a performance monitoring unit counts.
package enum ProcessorEvent: Int, Sendable, Hashable, CaseIterable {
  // those that are counted by process first, in the order of `process_detail`
  case cycles
  case instructions
  case cacheMisses
  case cacheReferences
  case branches
  case branchMisses

  /// `perf_event_attr.type` and `.config`: PERF_TYPE_HARDWARE and the kernel's generic events (linux/perf_event.h).
  package var hardware: PerfEventSource {
    let config: UInt64 =
      switch self {
      case .cycles: 0
      case .instructions: 1
      case .cacheReferences: 2
      case .cacheMisses: 3
      case .branches: 4
      case .branchMisses: 5
      }
    return PerfEventSource(type: 0, config: config)
  }

  var isCountedByProcess: Bool { rawValue < Int(PROCESS_EVENT_COUNTERS) }
}

/// Where perf takes an event from.
package struct PerfEventSource: Sendable, Hashable {
  package let type: UInt32
  package let config: UInt64

  package init(type: UInt32, config: UInt64) {
    self.type = type
    self.config = config
  }
}

/// The events of the performance monitoring units of all CPUs, counting from their opening on.
package final class ProcessorEvents {
  /// The events the machine has.
  package let available: [ProcessorEvent]
  private var counters: [ProcessorEvent: [Int: OpenCounter]]
  private let source: (ProcessorEvent) -> PerfEventSource
  /// Whether tasks are weighed by cycles: these are not to share the hardware then.
  private let weighs: Bool
  /// Of CPUs whose events have ended or never were, when they may next be opened.
  private var retries: [Int: UInt64] = [:]
  /// CPUs that do not have an event which others have: performance and efficiency cores differ.
  private var lacking: [ProcessorEvent: Set<Int>] = [:]
  private static let retryPeriod: UInt64 = 60_000_000_000

  /// One open event: a class, so that a dictionary can hold it.
  private final class OpenCounter {
    var counter: SharedPerfCounter
    /// Its CPU is online, and it counts.
    var isAlive = true

    init(_ counter: consuming SharedPerfCounter) { self.counter = counter }
  }

  /// Opens what the machine has; fails where that is nothing. `source` says where each event is taken from.
  init(cpus: [Int], weighs: Bool, source: @escaping (ProcessorEvent) -> PerfEventSource) throws(CollectorFailure) {
    var refusal: SystemError?
    var counters: [ProcessorEvent: [Int: OpenCounter]] = [:]
    var lacking: [ProcessorEvent: Set<Int>] = [:]
    for event in ProcessorEvent.allCases {
      let source = source(event)
      for cpu in cpus {
        do throws(SystemError) {
          let counter = try SharedPerfCounter(
            type: source.type, config: source.config, cpu: cpu, name: Self.name(event, cpu),
            isPinned: weighs && event == .cycles)
          counters[event, default: [:]][cpu] = OpenCounter(counter)
        } catch {
          if refusal == nil { refusal = error }
          if error.errno != ENOENT && error.errno != EOPNOTSUPP { break }
          lacking[event, default: []].insert(cpu)
        }
      }
    }
    self.counters = counters
    self.lacking = lacking
    self.source = source
    self.weighs = weighs
    available = ProcessorEvent.allCases.filter { counters[$0] != nil }
    guard available.isEmpty, let refusal else { return }
    if refusal.errno == EACCES || refusal.errno == EPERM {
      throw CollectorFailure(
        .permission, refusal.description, cure: "grant CAP_PERFMON, or set kernel.perf_event_paranoid to 0 or less")
    }
    throw CollectorFailure(
      .absent, "no hardware events: \(refusal)",
      cure: "virtual machines have none unless the hypervisor passes the PMU through; run on the machine itself")
  }

  private static func name(_ event: ProcessorEvent, _ cpu: Int) -> String { "\(event) on CPU \(cpu)" }

  /// Calls `body` with each CPU's count of `event` as of the last reading, scaled up for times it shared the hardware.
  func forEach(_ event: ProcessorEvent, _ body: (Int, UInt64) -> Void) {
    for (cpu, open) in (counters[event] ?? [:]).sorted(by: { $0.key < $1.key }) where open.isAlive {
      body(cpu, open.counter.value)
    }
  }

  /// A bit for each event that programs can count by process.
  var processMask: UInt8 {
    available.filter(\.isCountedByProcess).reduce(0) { $0 | 1 << UInt8($1.rawValue) }
  }

  /// Gives the programs of `object` the events they count by process.
  func install(in object: borrowing ProgramObject) throws(BPFError) {
    for event in available where event.isCountedByProcess {
      for (cpu, open) in counters[event] ?? [:] {
        try Self.install(event, cpu, open.counter.descriptor, in: object)
      }
    }
  }

  static func install(
    _ event: ProcessorEvent, _ cpu: Int, _ descriptor: CInt, in object: borrowing ProgramObject
  ) throws(BPFError) {
    try object.setElement("pmu_events", cpu * Int(PROCESS_EVENT_COUNTERS) + event.rawValue, descriptor)
  }

  /// The descriptor of an open event.
  func descriptor(of event: ProcessorEvent, cpu: Int) -> CInt? { counters[event]?[cpu]?.counter.descriptor }

  /// Reads all events. Those of CPUs that were offline, or came later, are opened anew: perf has taken them away for good.
  ///
  /// - Parameters:
  ///   - online: the CPUs that are online; others have no figures.
  ///   - awake: those of them that are read; the others keep their figures.
  ///   - now: nanoseconds, for what cannot be opened to be tried again later.
  ///   - opened: an event was opened, with this descriptor.
  /// - Returns: what keeps events of CPUs from being opened that were tried now, by CPU.
  func read(
    online: [Int], awake: [Int], now: UInt64, open: SharedPerfCounter.Open, opened: (ProcessorEvent, Int, CInt) -> Void
  ) -> [Int: SystemError] {
    var refusals: [Int: SystemError] = [:]
    let online = Set(online)
    let asleep = online.subtracting(awake)
    for event in available {
      for (cpu, counter) in counters[event] ?? [:] where !(counter.isAlive && asleep.contains(cpu)) {
        let goesOn = counter.counter.read()
        counter.isAlive = goesOn && online.contains(cpu)
      }
      for cpu in online where counters[event]?[cpu]?.isAlive != true && lacking[event]?.contains(cpu) != true {
        if let retry = retries[cpu], now < retry { continue }
        do throws(SystemError) {
          let descriptor = try revive(event, cpu, open)
          opened(event, cpu, descriptor)
        } catch {
          if error.errno != ENOENT && error.errno != EOPNOTSUPP {
            refusals[cpu] = error
          } else {
            lacking[event, default: []].insert(cpu)
          }
        }
      }
    }
    retries = retries.filter { now < $0.value }
    for cpu in refusals.keys { retries[cpu] = now + Self.retryPeriod }
    return refusals
  }

  private func revive(_ event: ProcessorEvent, _ cpu: Int, _ open: SharedPerfCounter.Open) throws(SystemError) -> CInt {
    let source = source(event)
    let isPinned = weighs && event == .cycles
    guard let counter = counters[event]?[cpu] else {
      let counter = try SharedPerfCounter(
        type: source.type, config: source.config, cpu: cpu, name: Self.name(event, cpu), isPinned: isPinned, open: open)
      let descriptor = counter.descriptor
      counters[event, default: [:]][cpu] = OpenCounter(counter)
      return descriptor
    }
    try counter.counter.reopen(
      type: source.type, config: source.config, cpu: cpu, name: Self.name(event, cpu), isPinned: isPinned, open: open)
    counter.isAlive = true
    return counter.counter.descriptor
  }
}
