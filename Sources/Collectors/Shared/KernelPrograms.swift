internal import BPF
package import BPFPrograms
package import Collecting
internal import Exposition
internal import Glibc
internal import Host
internal import Logging
internal import Synchronization

/// Loads the objects that several collectors share, each once, and knows all that are in the kernel.
///
/// Independent collectors are made in a thread of their own while others are: `exits()`, `watched()`, `watchedForDetail()`,
/// `register` and `show` can be called by both.
package final class KernelPrograms {
  /// Everything loaded so far, in the order of the collectors' names: which came first is chance. To be read once all are made.
  package var loaded: [any LoadedPrograms] { registered.sorted { $0.collector < $1.collector } }
  /// Families by process that other collectors than `process` count.
  private(set) var details: [ProcessDetailSource] = []
  private var registered: [any LoadedPrograms] = []
  /// Held while `registered` or `details` change.
  private let registration = Mutex(())
  /// Each held while one object is loaded.
  private let exitsLock = Mutex(())
  private let watchedLock = Mutex(())
  private let options: CollectorOptions
  private let logger: Logger
  private var schedulerResult: Result<SchedulerPrograms, CollectorFailure>?
  private var exitsResult: Result<PerCPUPrograms<ExitsPerCPU>, CollectorFailure>?
  private var tasksResult: Result<TaskPasses, CollectorFailure>?
  private var watchedResult: Result<WatchedProcesses, CollectorFailure>?
  private var weighingResult: Weighing??
  private var eventsResult: Result<ProcessorEvents, CollectorFailure>?
  private var treesResult: Result<TreePrograms, CollectorFailure>?
  private var interruptsResult: Result<InterruptPrograms, CollectorFailure>?

  init(options: CollectorOptions, logger: Logger) {
    self.options = options
    self.logger = logger
  }

  /// The programs at the scheduler's hooks, which `sched` and `cpu` read.
  package func scheduler() throws(CollectorFailure) -> SchedulerPrograms {
    if schedulerResult == nil {
      schedulerResult = attempt { () throws(CollectorFailure) in
        // what cannot run is its own collector's to report
        let events = options.countsEventsByProcess ? try? processorEvents() : nil
        return try SchedulerPrograms.load(
          options: options, events: events, watched: events == nil ? nil : try? watched(),
          weighing: weighing(), logger: logger)
      }
      if case .success(let programs) = schedulerResult { register(programs) }
    }
    return try schedulerResult!.get()
  }

  /// How tasks are weighed, where energy is attributed and run time does not say enough.
  private func weighing() -> Weighing? {
    if let weighingResult { return weighingResult }
    var weighing: Weighing?
    if seesAllProcesses, options.enabled.contains("energy"), EnergyCollector.mayMeasurePackages(options) {
      let events = options.countsEventsByProcess ? try? processorEvents() : nil
      weighing = Weighing(
        paths: options.paths, siblingWeight: options.energy.siblingWeight,
        countsCycles: events?.available.contains(.cycles) ?? false)
    }
    weighingResult = .some(weighing)
    return weighing
  }

  /// The program at the death of thread groups, which `exits` and `sched` read.
  package func exits() throws(CollectorFailure) -> PerCPUPrograms<ExitsPerCPU> {
    exitsLock.withLock { _ in
      if exitsResult != nil { return }
      exitsResult = attempt { () throws(CollectorFailure) in
        try PerCPUPrograms(
          "exits", map: "exits_cpus", attaching: ["sched_process_exit"], isFine: options.hasFineHistograms,
          budget: 1 << 17)
      }
      if case .success(let programs) = exitsResult { register(programs) }
    }
    return try exitsResult!.get()
  }

  /// The passes over all tasks, which `process` and `cgroup` show.
  package func tasks() throws(CollectorFailure) -> TaskPasses {
    if tasksResult == nil {
      tasksResult = attempt { () throws(CollectorFailure) in
        if !seesAllProcesses { throw Self.seesItsOwnAlone }
        // a scheduler that cannot run is the cgroup collector's to report, and without it run time weighs
        let isWanted = options.measuresCgroupWaits || weighing() != nil
        let scheduler = isWanted ? try? self.scheduler() : nil
        if weighing() != nil, scheduler?.weighing == nil {
          logger.notice(
            "energy is divided by run time alone, without regard to packages, SMT or cycles: the scheduler program cannot weigh tasks"
          )
        }
        let programs = try ProcessPrograms(
          options: options, watched: try watched(), scheduler: scheduler,
          trees: options.trees == nil ? nil : try trees())
        register(programs)
        return TaskPasses(options, programs: programs, scheduler: scheduler)
      }
    }
    return try tasksResult!.get()
  }

  /// The programs that follow trees of processes.
  func trees() throws(CollectorFailure) -> TreePrograms {
    if treesResult == nil {
      treesResult = attempt { () throws(CollectorFailure) in
        try TreePrograms.load(options.trees ?? TreeOptions(), logger: logger)
      }
    }
    return try treesResult!.get()
  }

  /// A pass over all tasks finds those of the reader's PID namespace, while programs at events see every task: what little
  /// such a pass finds would pass for the machine.
  private var seesAllProcesses: Bool { Namespace.pid.isInitial(paths: options.paths) != false }

  static let seesItsOwnAlone = CollectorFailure(
    .permission, "it runs in a PID namespace of its own, and sees the processes of that alone",
    cure: "share the host's PID namespace (hostPID: true, --pid=host)")

  /// The processes with series of their own, which programs of several collectors count for.
  package func watched() throws(CollectorFailure) -> WatchedProcesses {
    watchedLock.withLock { _ in
      if watchedResult != nil { return }
      watchedResult = attempt { () throws(CollectorFailure) in try WatchedProcesses(limit: options.process.limit) }
      if case .success(let watched) = watchedResult { register(watched) }
    }
    return try watchedResult!.get()
  }

  /// The events of the PMUs, which `pmu` shows and the scheduler programs count by process.
  package func processorEvents() throws(CollectorFailure) -> ProcessorEvents {
    if eventsResult == nil {
      eventsResult = attempt { () throws(CollectorFailure) in
        let online = (try? CPUList.read(options.paths.sys("devices/system/cpu/online"))) ?? []
        return try ProcessorEvents(
          cpus: online.filter { $0 < PossibleCPUs.end }, weighs: options.enabled.contains("energy"),
          source: options.pmu.source)
      }
    }
    return try eventsResult!.get()
  }

  /// Has `process` show what another collector's programs count by process.
  func show(_ details: [ProcessDetailSource]) {
    registration.withLock { _ in
      self.details += details
      self.details.sort { $0.family.name < $1.family.name }
    }
  }

  /// The programs at interrupts, which `cpu` and `irq` read.
  package func interrupts() throws(CollectorFailure) -> InterruptPrograms {
    if interruptsResult == nil {
      interruptsResult = attempt { () throws(CollectorFailure) in
        let programs = try InterruptPrograms.load(options: options, logger: logger)
        register(programs)
        return programs
      }
    }
    return try interruptsResult!.get()
  }

  /// The same where `process` shows what other collectors' programs count by process; nil where it does not.
  func watchedForDetail() -> WatchedProcesses? { options.countsDetailByProcess ? try? watched() : nil }

  /// Adds an object that only one collector reads.
  package func register(_ programs: any LoadedPrograms) { registration.withLock { _ in registered.append(programs) } }

  private func attempt<T>(_ body: () throws(CollectorFailure) -> T) -> Result<T, CollectorFailure> {
    do throws(CollectorFailure) { return .success(try body()) } catch { return .failure(error) }
  }
}

extension CollectorFailure {
  /// What an operator needs to know of a refused eBPF call.
  init(_ error: BPFError) {
    if error.isPermission {
      self.init(.permission, error.description, cure: Self.cure(ofRefusalWith: .effective))
    } else if !KernelBTF.isPresent {
      self.init(
        .btf, error.description + " (the kernel shows no BTF)",
        cure: "use a kernel with CONFIG_DEBUG_INFO_BTF=y, so that /sys/kernel/btf/vmlinux exists")
    } else if KernelLock.refused(error) {
      self.init(
        .permission, error.description + ": the kernel is locked down and lets no program read its memory",
        cure: "boot without lockdown=confidentiality")
    } else {
      self.init(
        .hook, error.cause.isEmpty ? error.description : error.description + ": " + error.cause,
        cure: "use kernel 5.10 or later built with BTF and tracepoints")
    }
  }
}

extension CollectorFailure {
  /// What would help where the kernel refused a program (EPERM) to a process that has `capabilities`.
  static func cure(ofRefusalWith capabilities: Capabilities) -> String {
    guard capabilities.contains(.sysAdmin) else {
      return
        "run as root, or grant CAP_BPF and CAP_PERFMON (CAP_SYS_ADMIN on kernels before 5.8, and on 6.1 with libbpf 1.1)"
    }
    return "it has CAP_SYS_ADMIN, so no capability is missing: run it outside of user namespaces, and see "
      + "/sys/kernel/security/lockdown and the log of a security module; some virtual machines' kernels lack BPF trampolines"
  }

  /// A file or event of the kernel's that could be read before.
  init(reading error: HostError) {
    let cure =
      if error.isAbsence {
        "see whether it is there: procfs and sysfs are where --path.procfs and --path.sysfs say"
      } else if error.isPermission {
        "restart wattprobe: it has given up the privilege that it had at its start"
      } else if case .malformed = error {
        "report this with the kernel's version"
      } else {
        "see the kernel's log"
      }
    self.init(error.isPermission ? .permission : .read, "\(error)", cure: cure)
  }
}

/// The kernel's own type information.
enum KernelBTF {
  /// Where libbpf, too, looks first.
  static let path = "/sys/kernel/btf/vmlinux"
  static var isPresent: Bool { access(path, R_OK) == 0 }
}

/// A kernel that keeps its memory from root, too (lockdown=confidentiality).
private enum KernelLock {
  static func refused(_ error: BPFError) -> Bool {
    // older verifiers do not know the function then
    if error.log.contains("cannot use helper bpf_probe_read") || error.log.contains("unknown func bpf_probe_read") {
      return true
    }
    // the log of a large program ends before it says so
    let lock = try? SmallFile.text("/sys/kernel/security/lockdown")
    return error.errno == EINVAL && lock?.contains("[confidentiality]") == true
  }
}
