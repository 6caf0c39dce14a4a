package import Host

/// What the operator chose for the collectors: a member an area, which stands beside what reads it.
package struct CollectorOptions: Sendable {
  package var paths = HostPaths()
  /// Reads the files behind which drivers stand.
  package var reader = BoundedReader()
  /// Whether the kernel's histograms tell eighths of powers of two apart: nine times the memory.
  package var hasFineHistograms = false
  /// The collectors that are on; shared programs leave out what nobody reads.
  package var enabled: Set<String> = []
  package var scheduler = SchedulerOptions()
  package var pmu = PMUOptions()
  package var process = ProcessOptions()
  package var cgroup = CgroupOptions()
  package var syscalls = SyscallOptions()
  package var faults = FaultOptions()
  package var pagecache = PagecacheOptions()
  package var kmem = KmemOptions()
  package var block = BlockOptions()
  package var net = NetOptions()
  package var tcp = TCPOptions()
  package var interrupts = IRQOptions()
  package var locks = LockOptions()
  package var loadTracking = LoadTrackingOptions()
  package var energy = EnergyOptions()
  package var compat = CompatOptions()
  package var bpf = BPFOptions()
  /// The trees of processes that are told apart, in place of control groups; nil: none.
  package var trees: TreeOptions?

  package init() {}

  /// Whether the scheduler programs count the PMU's events by process.
  var countsEventsByProcess: Bool { enabled.isSuperset(of: ["pmu", "process"]) }

  /// Whether the programs of the other collectors count by process.
  var countsDetailByProcess: Bool { process.hasDetail && enabled.contains("process") }

  /// Whether the scheduler programs keep waits by control group.
  var measuresCgroupWaits: Bool { enabled.contains("cgroup") && cgroup.measuresRunqueue }
}
