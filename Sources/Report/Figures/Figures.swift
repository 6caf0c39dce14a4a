/// What a recording says: the figures behind every plot and table of a report.
package struct Figures: Sendable {
  /// A stretch of the recording that plots show as one.
  package struct Bin: Sendable, Hashable {
    /// Seconds since the first collection, sleep included.
    package let start: Double
    package let end: Double
    /// Seconds between `start` and `end` that are no gap: rates are of these.
    package let seconds: Double
  }

  /// Where the recording does not know what happened when.
  package struct Gap: Sendable, Hashable {
    /// `suspend`, `clock` or `late`.
    package let kind: String
    /// Seconds since the first collection.
    package let start: Double
    package let end: Double
    /// What there is to say of it: how long the machine slept, say.
    package let detail: String
  }

  /// A counter over time.
  package struct Curve: Sendable, Hashable {
    package let name: String
    /// By how much it rose, gaps included.
    package let total: Exact
    /// By how much a second, for each bin; nil: nothing but gaps.
    package let rates: [Double?]
  }

  /// Curves of one unit.
  package struct Chart: Sendable, Hashable {
    package let id: String
    package let title: String
    /// Of the rates.
    package let unit: String
    package let curves: [Curve]
  }

  /// What the energy of a package, or of all, went to.
  package struct Division: Sendable, Hashable {
    /// nil: all together.
    package let package: String?
    package let processes: Exact
    package let kernel: Exact
    package let idle: Exact
    package let unattributed: Exact
    package var measured: Exact { [processes, kernel, idle, unattributed].sum }
  }

  /// What a process used.
  package struct Process: Sendable, Hashable {
    package let pid: String
    package let comm: String
    package let cgroup: String
    /// nil: no energy was recorded.
    package let energy: Exact?
    package let cpu: Exact
  }

  /// The processes that used most, and all others.
  package struct Processes: Sendable, Hashable {
    package let top: [Process]
    /// Those that had series and are not among `top`.
    package let rest: Process
    package let restCount: Int
    /// All without series: `pid="other"`.
    package let other: Process
  }

  /// A histogram over time.
  package struct Latency: Sendable, Hashable {
    package let id: String
    package let title: String
    package let distribution: Distribution
    /// Of each bin, by power of two as in `HistogramLayout`.
    package let bins: [[UInt64]]
  }

  package var name: String
  /// What the recorder said of itself: `host`, `kernel`, `version`, `cpus`, `interval_ns`, ….
  package var about: [String: String]
  /// Milliseconds since the Unix epoch.
  package var began: Int64
  package var ended: Int64
  /// CLOCK_MONOTONIC from the first collection to the last, in nanoseconds.
  package var elapsed: UInt64
  package var collections: Int
  package var gaps: [Gap]
  package var bins: [Bin]
  package var zones: Chart?
  package var divided: Chart?
  /// All together first, then each package.
  package var divisions: [Division]
  package var processes: Processes?
  package var charts: [Chart]
  package var latencies: [Latency]
  package var load: LoadTracking?
  /// What a report would show and the recording has not, with the collector that has it.
  package var missing: [(family: String, collector: String)]

  package var seconds: Double { Double(elapsed) / 1e9 }

  /// Whether energy is an estimate of the model.
  package var isModelled: Bool { zones?.curves.allSatisfy { $0.name.utf8.starts(with: "model".utf8) } ?? false }
}
