internal import Accounts
internal import Glibc
internal import Host

/// The events of processors' monitoring units over trees of processes.
struct TreeEvents {
  private var counters: [(event: ProcessorEvent, counter: InheritedPerfCounter)] = []
  /// Why there are none.
  private(set) var failure: String?

  /// Counts for `tasks` and all that they begin; `beginsWithProgram`: from the next program on.
  init(tasks: [UInt32], beginsWithProgram: Bool, source: (ProcessorEvent) -> PerfEventSource) {
    for event in ProcessorEvent.allCases {
      let source = source(event)
      for task in tasks {
        do throws(SystemError) {
          let counter = try InheritedPerfCounter(
            type: source.type, config: source.config, task: task, beginsWithProgram: beginsWithProgram,
            name: "\(event)")
          counters.append((event, counter))
        } catch {
          if error.errno != ESRCH { failure = Self.reason(error) }
        }
      }
    }
    if !counters.isEmpty { failure = nil }
  }

  private static func reason(_ error: SystemError) -> String {
    switch error.errno {
    case ENOENT, EOPNOTSUPP, ENODEV: "the machine has no hardware counters for it (virtual machines rarely do)"
    default: "\(error)"
    }
  }

  /// What was counted so far, scaled up where events had to take turns.
  var events: [TreeAccount.Event] {
    ProcessorEvent.allCases.compactMap { event in
      var sum = SharedPerfCounter.Figures()
      for one in counters where one.event == event {
        guard let figures = one.counter.figures else { continue }
        sum.count &+= figures.count
        sum.enabled &+= figures.enabled
        sum.running &+= figures.running
      }
      if sum.running == 0 || !counters.contains(where: { $0.event == event }) { return nil }
      let counted = min(1, Double(sum.running) / Double(max(1, sum.enabled)))
      let scaled = Double(sum.count) / counted
      return TreeAccount.Event(name: event.name, count: UInt64(exactly: scaled.rounded()) ?? .max, counted: counted)
    }
  }
}

extension ProcessorEvent {
  /// As perf calls it.
  var name: String {
    switch self {
    case .cycles: "cycles"
    case .instructions: "instructions"
    case .cacheMisses: "cache-misses"
    case .cacheReferences: "cache-references"
    case .branches: "branches"
    case .branchMisses: "branch-misses"
    }
  }
}
