package import Host

/// What the operator chose for the faults collector.
package struct FaultOptions: Sendable {
  /// Where the figures come from.
  package enum Source: Sendable, CaseIterable {
    /// eBPF programs, which time faults as well.
    case programs
    /// The kernel's own counts; faults are not timed.
    case counters
  }

  /// nil: the programs, or the counts where the kernel refuses them.
  package var source: Source?
  /// Which form of the programs to use; nil: the cheapest this kernel takes.
  package var form: TaskForm?
  /// How the kernel's counts are opened.
  package var open = PageFaultCounters.systemOpen

  package init() {}
}
