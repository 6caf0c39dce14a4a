/// What one process, control group, or whatever else uses energy did between two readings; nil where nobody counts it.
package struct Figures: Sendable, Hashable {
  /// Mean power.
  package var watts: Double?
  /// Energy since the first reading.
  package var joules: Double?
  /// CPU time by real time: how many CPUs.
  package var cpu: Double?
  /// Time that threads waited, runnable, for a CPU by real time.
  package var wait: Double?
  /// These are per second.
  package var switches: Double?
  package var faults: Double?
  package var read: Double?
  package var written: Double?
  package var syscalls: Double?
  /// Bytes.
  package var resident: Double?
  package var threads: Double?

  package init() {}
}

/// A line of the table.
package struct Row: Sendable, Hashable {
  /// What it is that has figures.
  package enum Kind: Sendable, Hashable {
    case process(pid: UInt32)
    case group
    /// All processes, or control groups, that have no series of their own.
    case other
    /// Those that had some when the view began, or later, and have none any more.
    case ended
    /// What the processor used for interrupts and kernel threads, at idle, or nobody knows what for.
    case kernel
    case idle
    case unattributed

    /// Whether it is one process or control group.
    package var isOwn: Bool {
      switch self {
      case .process, .group: true
      case .other, .ended, .kernel, .idle, .unattributed: false
      }
    }
  }

  package let kind: Kind
  /// As the exporter has it, printable or not.
  package let name: String
  /// The path of its control group; empty where that is not known.
  package let cgroup: String
  package var figures = Figures()

  package init(_ kind: Kind, name: String, cgroup: String = "") {
    self.kind = kind
    self.name = name
    self.cgroup = cgroup
  }
}
