package import Accounts
internal import BPFPrograms
package import Collecting
internal import Energy
internal import Glibc
internal import Host
package import Logging

/// Keeps the accounts of trees of processes: what the kernel counts of their tasks, what the sensors measure meanwhile, and
/// which part of that is theirs.
///
/// For one thread. In order: `init`, `adopt` for each tree, `begin`, `sample` whenever it is due, `end`, and the accounts.
package final class TreeAccounting {
  private let context: CollectorContext
  private let options: CollectorOptions
  private let programs: TreePrograms
  private var energy: EnergyCollector?
  /// Why no energy is measured, or none is divided; nil where it is.
  package private(set) var energyFailure: CollectorFailure?
  private var roots: [UInt32] = []
  private var events: [TreeEvents] = []
  /// Of zones that are divided, microjoules as it began.
  private var zonesBefore: [(labels: EnergyLabels, energy: UInt64)] = []
  private var packagesBefore: [EnergyLedger.Package] = []
  private var closed: [TreeAccount] = []
  /// When it began, and ended, on CLOCK_MONOTONIC in nanoseconds.
  private var beganAt: UInt64 = 0
  private var endedAt: UInt64?

  /// How long the kernel may take to let go of tasks that ended. It does after a grace period of RCU, which it may put off.
  private static let patience: UInt64 = 3_000_000_000
  /// How often tasks are gone over anew since one of them ended meanwhile.
  private static let attempts = 16

  /// Loads what follows trees; `options.trees` says how many, and `options.enabled` whether energy is wanted.
  package init(_ options: CollectorOptions, logger: Logger) throws(CollectorFailure) {
    if Namespace.pid.isInitial(paths: options.paths) == false { throw KernelPrograms.seesItsOwnAlone }
    var options = options
    options.enabled = options.enabled.contains("energy") ? ["energy", "cgroup"] : []
    // no process has series of its own, and no tree loses its place
    options.process.limit = 0
    options.cgroup.limit = 0
    options.cgroup.graceNanoseconds = .max
    options.cgroup.measuresRunqueue = false
    self.options = options
    context = CollectorContext(options: options, logger: logger)
    programs = try context.kernel.trees()
  }

  /// The next tree: the process `pid` and all that it has begun and that lives.
  ///
  /// - Returns: false where there is no such process.
  package func adopt(_ pid: UInt32) throws(CollectorFailure) -> Bool {
    if try programs.adopt(pid, tree: roots.count) == 0 { return false }
    let beginsWithProgram = options.trees?.beginsWithProgram ?? true
    events.append(
      TreeEvents(
        tasks: beginsWithProgram ? [pid] : try members(ofTree: roots.count).map(\.pid),
        beginsWithProgram: beginsWithProgram,
        source: options.pmu.source))
    roots.append(pid)
    return true
  }

  /// The tasks of a tree that live.
  private func members(ofTree tree: Int) throws(CollectorFailure) -> [TreeRecord] {
    var members: [TreeRecord] = []
    try programs.forEachMember { if Int($0.process.tree) == tree { members.append($0) } }
    return members
  }

  /// Begins: what is measured from here on is divided.
  package func begin() {
    if options.enabled.contains("energy"), energy == nil, energyFailure == nil {
      do throws(CollectorFailure) {
        energy = try EnergyCollector.definition.make(context) as? EnergyCollector
        if energy?.attribution == nil {
          throw CollectorFailure(.hook, "energy is measured, but cannot be divided", cure: "see the log above")
        }
      } catch {
        energyFailure = error
      }
    }
    let now = MonotonicClock.now
    energy?.sample(at: now, for: .now)
    for tree in roots.indices { energy?.attribution?.follow(tree: tree) }
    zonesBefore = zones()
    packagesBefore = energy?.attribution?.packages ?? []
    beganAt = now
  }

  /// When `sample` is due after `now`.
  package func nextSample(after now: UInt64) -> UInt64? { energy.map { now + $0.samplingInterval } }

  package func sample() { energy?.sample(at: MonotonicClock.now, for: .now) }

  /// Ends: waits until the kernel has let go of all tasks of the trees that ended, and divides what was measured up to now.
  package func end() {
    let now = MonotonicClock.now
    endedAt = now
    awaitTasks(until: now + Self.patience) { self.programs.hasEnded($0) || self.lives($0) }
    closed = roots.indices.map { tree in account(tree) }
    energy?.sample(
      at: now,
      for: .last {
        self.awaitTasks(until: now + Self.patience) { tree in
          let counted = self.programs.counted(tree)
          return counted.freed_tasks >= counted.ended_tasks
        }
      })
    for tree in roots.indices { closed[tree].energy = energyOfTree(tree) }
  }

  private func awaitTasks(until deadline: UInt64, _ isDone: (Int) -> Bool) {
    while roots.indices.contains(where: { !isDone($0) }), MonotonicClock.now < deadline {
      Kernel.awaitGracePeriod()
      usleep(1000)
    }
  }

  /// Whether the root of a tree has not ended.
  private func lives(_ tree: Int) -> Bool { kill(pid_t(bitPattern: roots[tree]), 0) == 0 }

  /// Nobody is in any tree from here on: others may be adopted.
  package func release() throws(CollectorFailure) {
    try programs.release()
    roots = []
    events = []
    closed = []
    endedAt = nil
  }

  // MARK: Accounts

  /// Whether a task of a tree lives.
  package var hasLiving: Bool {
    var hasLiving = false
    try? programs.forEachMember { _ in hasLiving = true }
    return hasLiving
  }

  /// Nanoseconds from the first program on, or since it began, until it ended.
  package var elapsed: UInt64 {
    let began = programs.counted(0).began_ns
    return (endedAt ?? MonotonicClock.now).subtracting(max(began, beganAt))
  }

  /// The account of tree `tree` as of now, or once it ended as of then.
  package func account(of tree: Int) -> TreeAccount {
    if closed.indices.contains(tree) { return closed[tree] }
    var account = account(tree)
    account.energy = energyOfTree(tree)
    return account
  }

  /// What was measured since it began; nil where nothing is.
  package func machine() -> MachineAccount? {
    guard energyFailure == nil, let energy, let attribution = energy.attribution else { return nil }
    var machine = MachineAccount()
    machine.zones = zones().map { zone in
      let before = zonesBefore.first { $0.labels == zone.labels }?.energy ?? 0
      return MachineAccount.Zone(
        source: zone.labels.source.rawValue, package: zone.labels.package, zone: zone.labels.zone,
        microjoules: zone.energy.subtracting(before))
    }
    machine.isIdleKnown = attribution.isIdleKnown
    for package in attribution.packages {
      let before = packagesBefore.first { $0.name == package.name }
      machine.processes += package.processes - (before?.processes ?? 0)
      machine.kernel += package.kernel - (before?.kernel ?? 0)
      machine.idle += package.idle - (before?.idle ?? 0)
      machine.unattributed += package.unattributed - (before?.unattributed ?? 0)
    }
    return machine
  }

  private func zones() -> [(labels: EnergyLabels, energy: UInt64)] {
    guard let energy, let attribution = energy.attribution else { return [] }
    return energy.readings.compactMap { reading in
      attribution.energy(of: reading.labels).map { (reading.labels, $0) }
    }
  }

  private func energyOfTree(_ tree: Int) -> [UInt64]? {
    guard energyFailure == nil, let shares = energy?.attribution?.energy(ofTree: tree) else { return nil }
    return zones().map { shares[$0.labels] ?? 0 }
  }

  private func account(_ tree: Int) -> TreeAccount {
    let (counted, living) = snapshot(tree)
    var account = TreeAccount(counted, living: living, pageSize: Kernel.pageSize)
    account.processes += 1
    if programs.countsSockets { account.network = (counted.received_bytes, counted.sent_bytes) }
    account.timesCalls = options.trees?.timesCalls ?? true
    account.calls = named(programs.systemCalls(tree))
    account.events = events[tree].events
    account.eventsFailure = events[tree].failure
    if options.trees?.hasProcesses == true {
      account.byProcess = ProcessAccounts(programs, tree: tree, living: living).processes
    }
    return account
  }

  /// What ended tasks left, and the living ones, as of one moment: no task may end in between.
  private func snapshot(_ tree: Int) -> (TreePerCPU, [TreeRecord]) {
    var counted = programs.counted(tree)
    var living: [TreeRecord] = []
    for _ in 0..<Self.attempts {
      let before = counted
      living = (try? members(ofTree: tree)) ?? []
      counted = programs.counted(tree)
      if counted.ended_tasks == before.ended_tasks, counted.ended.runtime_ns == before.ended.runtime_ns { break }
    }
    return (counted, living)
  }

  private func named(_ calls: (calls: [UInt64], errors: [UInt64], time: [UInt64])) -> [TreeAccount.NamedCalls] {
    calls.calls.indices.filter { calls.calls[$0] > 0 }.map { index in
      SystemCallName.named(
        index,
        TreeAccount.Calls(count: calls.calls[index], errors: calls.errors[index], time: calls.time[index]))
    }.sorted { $0.calls.precede($1.calls, $0.name < $1.name) }
  }
}
