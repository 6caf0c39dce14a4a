package import Energy
package import Host

/// What the operator chose for the collectors.
package struct CollectorOptions: Sendable {
  package var paths = HostPaths()
  /// The collectors that are on; shared programs leave out what nobody reads.
  package var enabled: Set<String> = []
  /// Tasks the hash of waits has room for, where the kernel has no task storage.
  package var taskCapacity = 65_536
  package var process = ProcessOptions()
  package var cgroup = CgroupOptions()
  /// Where perf takes the PMU's events from: stand-ins, where a machine has none.
  package var perfSource: @Sendable (ProcessorEvent) -> PerfEventSource = \.hardware
  package var net = NetOptions()
  package var tcp = TCPOptions()
  package var block = BlockOptions()
  package var energy = EnergyOptions()
  /// Whose names the compat collector writes.
  package var compatible: Set<CompatibleExporter> = Set(CompatibleExporter.allCases)
  package var syscalls = SyscallOptions()
  package var faults = FaultOptions()
  package var kmem = KmemOptions()
  package var loadTracking = LoadTrackingOptions()
  /// Which form of the scheduler programs to use; nil: the cheapest this kernel takes.
  package var schedulerForm: SchedulerPrograms.Form?
  /// Hardware interrupts with series of their own.
  package var interruptLimit = 64
  /// Which form of the interrupt programs to use; nil: the best this kernel takes.
  package var interruptForm: InterruptPrograms.Form?
  /// Where waits for locks are kept; nil: where it costs least.
  package var lockForm: TaskForm?
  /// Which hooks tell of look-ups in the page cache; nil: the best this kernel takes.
  package var pagecacheForm: PagecachePrograms.Form?

  package init() {}

  /// Whether the scheduler programs count the PMU's events by process.
  var countsEventsByProcess: Bool { enabled.isSuperset(of: ["pmu", "process"]) }

  /// Whether the programs of the other collectors count by process.
  var countsDetailByProcess: Bool { process.hasDetail && enabled.contains("process") }

  /// Whether the scheduler programs keep waits by control group.
  var measuresCgroupWaits: Bool { enabled.contains("cgroup") && cgroup.measuresRunqueue }
}

/// Energy sampling, as chosen on the command line.
package struct EnergyOptions: Sendable {
  /// Time between two readings of the sensors.
  package var intervalNanoseconds: UInt64 = 1_000_000_000
  /// What a package draws without any work; nil: to be learned.
  package var idleMicrowatts: UInt64?
  /// What a CPU's time counts for while another of the same core is busy too; 1: as much as any other.
  package var siblingWeight = 0.55
  /// Estimates where nothing measures; nil: nothing is estimated.
  package var model: PowerModel?
  /// NVML's name or path; nil: not asked for.
  package var nvmlLibrary: String? = "libnvidia-ml.so.1"

  package init() {}
}
