/// What the pmu collector counts with.
package struct PMUOptions: Sendable {
  /// Where perf takes the PMU's events from: stand-ins, where a machine has none.
  package var source: @Sendable (ProcessorEvent) -> PerfEventSource = \.hardware

  package init() {}
}
