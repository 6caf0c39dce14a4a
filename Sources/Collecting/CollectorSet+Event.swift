extension CollectorSet {
  /// What the set tells while it works; the executable logs it.
  package enum Event: Sendable {
    case started(collector: String)
    /// At the start: it cannot run, or runs and has nothing to show.
    case unavailable(collector: String, CollectorFailure)
    /// It runs, and has nothing to show any more.
    case withdrawn(collector: String, CollectorFailure)
    /// It has something to show now.
    case available(collector: String)
    /// Collecting failed, and did not the time before.
    case failed(collector: String, CollectorFailure)
    case recovered(collector: String)
    /// The budget's step, and how many are down after it. `failure`: why its collector is down now. Limit in CPUs.
    case budget(Budget.Step, failure: CollectorFailure?, limit: Double, level: Int)
  }
}
