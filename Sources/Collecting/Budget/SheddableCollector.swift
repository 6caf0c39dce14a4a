/// A collector whose cost ends when the budget has it shed, and that counts from 0 on when it comes back.
package protocol SheddableCollector: Collector {
  /// Whether it ends a cost of its own, as it runs here and is configured, and nobody else shows what it counts.
  var canBeShed: Bool { get }
  /// Takes its programs off their events.
  func shed()
  /// Forgets all that was counted and puts the programs back.
  func comeBack() throws(CollectorFailure)
}

/// Measures what the program costs: the collector of the program's own families.
package protocol CostMeter: PeriodicCollector {
  /// What everything cost since the last time that it could be told, and run time of eBPF programs by the collector that pays
  /// for it, in CPUs; nil: there is nothing new, or it cannot be measured. Handed out once.
  func takeCosts() -> Budget.Costs?
  /// `collector` was shed, or came back and counts since `began` (CLOCK_MONOTONIC in nanoseconds).
  func stepped(_ collector: String, began: UInt64?)
}

/// What a set keeps its costs within.
package struct BudgetSettings: Sendable {
  /// In CPUs; nil: there is none.
  package let limit: Double?
  /// CPU time of the calling thread, in nanoseconds.
  package let cpuTime: @Sendable () -> UInt64

  package init(limit: Double?, cpuTime: @escaping @Sendable () -> UInt64) {
    self.limit = limit
    self.cpuTime = cpuTime
  }
}
