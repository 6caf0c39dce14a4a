internal import Energy
internal import BPFPrograms
internal import Collecting
internal import Host

/// Goes over all tasks from time to time, for the collectors `process`, `cgroup` and `energy`.
package final class TaskPasses {
  /// A scrape within this time of the last pass shows that pass.
  private static let freshness: UInt64 = 100_000_000

  /// Collectors whose turn it is at the same time share a pass.
  private static let turn: UInt64 = 10_000_000

  /// A pass takes at most a five-hundredth of a CPU, beside those that scrapes ask for.
  private static let mostPassesTime: UInt64 = 500
  /// Those at the ends of energy windows at most a hundredth.
  private static let mostAttributionTime: UInt64 = 100

  /// As chosen, or longer where there are so many tasks that passes would cost too much.
  var samplingInterval: UInt64 { max(interval, passTime * Self.mostPassesTime) }
  private(set) var tables: TaskTables
  private let programs: ProcessPrograms
  private let scheduler: SchedulerPrograms?
  private let paths: HostPaths
  private let interval: UInt64
  /// The CPU time of the last pass: how long it waited for a CPU does not matter.
  private var passTime: UInt64 = 0
  private var lastPass: UInt64 = 0
  private var lastAttribution: UInt64 = 0
  private var failure: CollectorFailure?

  var processes: ProcessTable { tables.processes }
  var groups: CgroupTable? { tables.groups }
  /// Who used the measured energy; nil where none is attributed.
  var energy: EnergyLedger? { tables.energy }
  /// How tasks are weighed; nil: by their run time.
  var weighing: Weighing? { scheduler?.weighing }

  /// `scheduler` keeps the waits of control groups, where they are wanted, and weighs tasks, where that is needed.
  init(_ options: CollectorOptions, programs: ProcessPrograms, scheduler: SchedulerPrograms?) {
    self.programs = programs
    self.scheduler = scheduler
    paths = options.paths
    interval = options.process.intervalNanoseconds
    var chosen = options.process
    if !options.enabled.contains("process") { chosen.limit = 0 }
    tables = TaskTables(
      processes: ProcessTable(options: chosen),
      groups: options.enabled.contains("cgroup") ? CgroupTable(options: options.cgroup) : nil)
    pass(now: MonotonicClock.now)
  }

  /// A pass, for all collectors whose turn it is.
  func sample(now: UInt64) {
    if now.subtracting(lastPass) >= Self.turn { pass(now: now) }
  }

  /// Brings the tables up to now for a scrape. Fails as the last pass did.
  func refresh() throws(CollectorFailure) {
    let now = MonotonicClock.now
    if now.subtracting(lastPass) >= Self.freshness { pass(now: now) }
    try check()
  }

  /// Fails as the last pass did.
  func check() throws(CollectorFailure) {
    if let failure { throw failure }
  }

  /// From now on, what zones measure is attributed to what processes do.
  func beginAttribution(_ ledger: consuming EnergyLedger) {
    pass(now: MonotonicClock.now)
    tables.beginAttribution(ledger)
  }

  /// Takes what zones measured up to `now`, and attributes it by a pass in the same moment.
  ///
  /// Where a pass fails, or would cost too much so soon, windows stay open until the next one.
  func attribute(_ readings: [EnergyReading], now: UInt64) {
    tables.energy?.measure(readings, at: now)
    // timers are not exact
    if now.subtracting(lastAttribution) < passTime * Self.mostAttributionTime / 10 * 9 { return }
    scheduler?.weighRunning()
    sample(now: now)
    if failure != nil { return }
    lastAttribution = now
    tables.attributeEnergy()
  }

  /// The same at once, whatever passes cost.
  func attributeNow(_ readings: [EnergyReading], now: UInt64) {
    tables.energy?.measure(readings, at: now)
    scheduler?.weighRunning()
    pass(now: now)
    if failure != nil { return }
    lastAttribution = now
    tables.attributeEnergy()
  }

  /// Attributes what was read at `now`, when trees ended, once the kernel has let go of all their tasks: what those did is
  /// seen then, and what others did meanwhile is left out.
  func attributeLast(_ readings: [EnergyReading], now: UInt64, freed: () -> Void) {
    tables.energy?.measure(readings, at: now)
    scheduler?.weighRunning()
    pass(now: now)
    tables.energy?.freeze()
    freed()
    pass(now: MonotonicClock.now)
    tables.attributeEnergy()
  }

  /// Follows the energy of tree `tree`, whose root a pass has seen.
  func follow(tree: Int) { tables.follow(tree: tree) }

  /// Microjoules of a tree by zone since it is followed.
  func energy(ofTree tree: Int) -> [EnergyLabels: UInt64]? { tables.energy(ofTree: tree) }

  /// A scrape is about to show what processes used.
  func showEnergyOfProcesses() { tables.processes.showEnergy() }

  /// The same of all else by process.
  func showUsageOfProcesses() { tables.processes.showUsage() }

  /// A scrape is about to show what control groups used.
  func showEnergyOfGroups() { tables.groups?.showEnergy() }

  private func pass(now: UInt64) {
    let start = OwnProcess.threadNanoseconds
    if let scheduler, scheduler.weighing != nil { tables.energy?.measureBusyTime(scheduler.busyTime()) }
    do throws(CollectorFailure) {
      try programs.pass(
        &tables, now: now,
        cgroup: { (try? ControlGroups(of: "\($0)", paths: self.paths))?.mostTelling ?? "" },
        groups: CgroupTable.Events(
          path: { key, pid in
            let groups = try? ControlGroups(of: "\(pid)", paths: self.paths)
            return ControlGroupHierarchy(rawValue: key.hierarchy).flatMap { groups?.path(in: $0) }
          },
          admitted: { self.scheduler?.watch($0, continuing: $1) },
          evicted: { self.scheduler?.unwatch($0) },
          forgotten: {
            self.programs.forget($0)
            self.scheduler?.forget($0)
          }))
      lastPass = now
      passTime = OwnProcess.threadNanoseconds.subtracting(start)
      failure = nil
    } catch {
      failure = error
    }
  }
}
