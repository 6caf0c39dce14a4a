package import Host

/// What the pmu collector counts with.
package struct PMUOptions: Sendable {
  /// Where perf takes the PMU's events from: stand-ins, where a machine has none.
  package var source: @Sendable (ProcessorEvent) -> PerfEventSource = \.hardware

  /// Opens the events of a CPU that came online after the start, for which privileges may have gone by then.
  package var open: SharedPerfCounter.Open = SharedPerfCounter.systemOpen

  package init() {}
}
