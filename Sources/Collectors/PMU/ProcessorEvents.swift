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
  private let counters: [ProcessorEvent: [(cpu: Int, counter: OpenCounter)]]

  /// One open event: a class, so that a dictionary can hold it.
  private final class OpenCounter {
    var counter: SharedPerfCounter

    init(_ counter: consuming SharedPerfCounter) { self.counter = counter }
  }

  /// Opens what the machine has; fails where that is nothing. `source` says where each event is taken from.
  init(cpus: [Int], source: (ProcessorEvent) -> PerfEventSource) throws(CollectorFailure) {
    var refusal: SystemError?
    var counters: [ProcessorEvent: [(cpu: Int, counter: OpenCounter)]] = [:]
    for event in ProcessorEvent.allCases {
      let source = source(event)
      for cpu in cpus {
        do throws(SystemError) {
          let counter = try SharedPerfCounter(
            type: source.type, config: source.config, cpu: cpu, name: "\(event) on CPU \(cpu)")
          counters[event, default: []].append((cpu, OpenCounter(counter)))
        } catch {
          if refusal == nil { refusal = error }
          // what one CPU does not have the others may: performance and efficiency cores differ
          if error.errno != ENOENT && error.errno != EOPNOTSUPP { break }
        }
      }
    }
    self.counters = counters
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

  /// Calls `body` with each CPU's count of `event`, scaled up for times it shared the hardware.
  func forEach(_ event: ProcessorEvent, _ body: (Int, UInt64) -> Void) {
    for (cpu, open) in counters[event] ?? [] { body(cpu, open.counter.read()) }
  }

  /// A bit for each event that programs can count by process.
  var processMask: UInt8 {
    available.filter(\.isCountedByProcess).reduce(0) { $0 | 1 << UInt8($1.rawValue) }
  }

  /// Gives the programs of `object` the events they count by process.
  func install(in object: borrowing ProgramObject) throws(BPFError) {
    for event in available where event.isCountedByProcess {
      for (cpu, open) in counters[event] ?? [] {
        try object.setElement(
          "pmu_events", cpu * Int(PROCESS_EVENT_COUNTERS) + event.rawValue, open.counter.descriptor)
      }
    }
  }
}
