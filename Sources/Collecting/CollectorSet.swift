package import Exposition
internal import Synchronization

/// A collector that must also be read between scrapes.
package protocol PeriodicCollector: Collector {
  /// Time between two readings, in nanoseconds.
  var samplingInterval: UInt64 { get }
  /// Reads the source once; `now` is CLOCK_MONOTONIC in nanoseconds.
  func sample(now: UInt64)
}

/// All collectors of the program: starts each alone, collects them one after the other, says which of them run.
///
/// Safe to use from any thread; one collection or sampling runs at a time.
package final class CollectorSet: SnapshotSource {
  private struct State {
    var running: [Running] = []
    /// Families of the program itself, in every scrape.
    var program: Running?
    /// nil: none, or its costs are not measured.
    var budget: BudgetKeeper?
  }

  private struct Status {
    var failures: [String: CollectorFailure] = [:]
    /// Those that a scrape has not waited for.
    var overdue: Set<String> = []
    var isReady = false
    /// Steps down that the budget has taken; nil: there is none, or nothing to go by.
    var level: Int?
  }

  package static let families: [Family] = [up, duration, success, level]

  private static let up = Family(
    "collector_up", .gauge, labels: ["collector", "reason"],
    help: "Whether the collector runs (1) or not (0); reason says why not.")
  private static let duration = Family(
    "scrape_collector_duration_seconds", .gauge, unit: "seconds", labels: ["collector"],
    help: "Duration of the collector's part of this scrape.")
  private static let success = Family(
    "scrape_collector_success", .gauge, labels: ["collector"],
    help: "Whether the collector succeeded in this scrape.")
  private static let level = Family(
    "overhead_level", .gauge,
    help: "How many collectors --budget.cpu has shed; absent where there is no budget or costs are not measured.")

  /// Who takes longer is collected last.
  private static let mostPatience: UInt64 = 1_000_000_000
  /// What takes so long, in seconds, is stuck, and the program with it.
  private static let mostBusySeconds: UInt64 = 15

  private let names: [(name: String, summary: String)]
  private let now: @Sendable () -> UInt64
  private let clock: SeriesClock?
  private let cpuTime: @Sendable () -> UInt64
  private let report: @Sendable (Event) -> Void
  private let state: Mutex<State>
  /// What the event loop asks for; its lock is held for a moment only, never while something is read.
  private let status = Mutex(Status())
  private let progress = Progress()

  /// Starts the collectors named in `enabled`; what cannot start is reported, in the order of starting, and left out.
  ///
  /// - Parameters:
  ///   - context: makes what all collectors share.
  ///   - program: makes the collector of the program's own families from the shared context.
  ///   - beside: how independent collectors are made while others are.
  ///   - now: CLOCK_MONOTONIC in nanoseconds.
  ///   - clock: as of this moment, before anything is counted; nil: series do not tell when they began.
  ///   - budget: what all of it may cost; kept where `program` is a `CostMeter` that can measure.
  package init<Context>(
    _ definitions: [CollectorDefinition<Context>],
    enabled: Set<String>,
    context makeContext: @Sendable () -> Context,
    program makeProgram: @Sendable (Context) -> (any Collector)?,
    beside: RunBeside,
    now: @escaping @Sendable () -> UInt64,
    clock: SeriesClock? = nil,
    budget: BudgetSettings = BudgetSettings(limit: nil, cpuTime: { 0 }),
    report: @escaping @Sendable (Event) -> Void
  ) {
    self.names = definitions.map { ($0.name, $0.summary) }
    self.now = now
    self.clock = clock
    self.cpuTime = budget.cpuTime
    self.report = report
    self.state = Mutex(State())
    state.withLock { state in
      let context = makeContext()
      let ordered = startOrder(of: definitions)
      let wanted = ordered.filter { enabled.contains($0.name) }
      var made = make(wanted, from: context, beside: beside)[...]
      for definition in ordered {
        guard enabled.contains(definition.name) else {
          note(definition.name, CollectorFailure(.disabled, "off", cure: "start with --collector.\(definition.name)"))
          continue
        }
        switch made.removeFirst() {
        case .success(let collector):
          var running = Running(name: definition.name, collector: collector)
          report(.started(collector: definition.name))
          tellAvailability(of: &running, isStarting: true)
          state.running.append(running)
        case .failure(let failure):
          note(definition.name, failure)
          report(.unavailable(collector: definition.name, failure))
        }
      }
      state.program = makeProgram(context).map { Running(name: "wattprobe", collector: $0) }
      state.budget = budget.limit.map { BudgetKeeper(Budget(limit: $0), at: now()) }
    }
    status.withLock { $0.isReady = true }
  }

  private func note(_ name: String, _ failure: CollectorFailure) {
    status.withLock { $0.failures[name] = failure }
  }

  package var states: [CollectorState] {
    var failures = status.withLock { $0.failures }
    if let hang { failures[hang.collector] = Self.slow(hang.seconds) }
    return names.map { CollectorState(name: $0.name, summary: $0.summary, failure: failures[$0.name]) }
  }

  /// How many collectors run.
  package var runningCount: Int { state.withLock { $0.running.count } }

  package var isReady: Bool { status.withLock { $0.isReady } }

  package var hang: Hang? {
    guard let busy = progress.busy else { return nil }
    let seconds = busy.seconds(at: now())
    return seconds < Self.mostBusySeconds ? nil : Hang(collector: busy.collector, seconds: seconds)
  }

  private static func slow(_ seconds: UInt64) -> CollectorFailure {
    CollectorFailure(
      .slow, "it has not been read after \(seconds) s",
      cure: "see the kernel log for a driver in trouble; leave the collector out with --no-collector.NAME")
  }

  /// Detaches everything: the collectors go, later collections hold only the program's own words.
  ///
  /// Returns false where a collection hangs: the end of the process detaches then.
  package func stop() -> Bool {
    status.withLock { $0.isReady = false }
    let stopped: Void? = state.withLockIfAvailable { state in
      state.running = []
      state.program = nil
    }
    return stopped != nil
  }

  /// Samples the collectors that are due and returns when the next one is, in CLOCK_MONOTONIC nanoseconds.
  package func sampleDue() -> UInt64? {
    state.withLock { state in
      var next: UInt64?
      for index in state.running.indices where !state.running[index].isShed { sample(&state.running[index], &next) }
      if state.program != nil { sample(&state.program!, &next) }
      keepBudget(&state)
      return next
    }
  }

  private func sample(_ running: inout Running, _ next: inout UInt64?) {
    guard let periodic = running.collector as? any PeriodicCollector else { return }
    let time = now()
    if running.nextSample <= time {
      progress.start(running.name, at: time)
      let before = cpuTime()
      periodic.sample(now: time)
      running.cpuTime &+= cpuTime() &- before
      progress.finish()
      tellAvailability(of: &running)
      // from the planned time on, so that the mean period holds, but never in a burst after a pause
      let planned = running.nextSample + periodic.samplingInterval
      running.nextSample = planned > time ? planned : time + periodic.samplingInterval
    }
    next = min(next ?? .max, running.nextSample)
  }

  /// Takes the budget's next step where new costs call for one.
  private func keepBudget(_ state: inout State) {
    guard state.budget != nil, let meter = state.program?.collector as? any CostMeter, let costs = meter.takeCosts()
    else { return }
    let taken = state.budget!.check(costs, of: &state.running, now: now())
    let (level, limit) = (state.budget!.level, state.budget!.limit)
    status.withLock { status in
      status.level = level
      if let change = taken?.change { status.failures[change.collector] = change.failure }
    }
    guard let taken else { return }
    if let change = taken.change { meter.stepped(change.collector, began: taken.began) }
    report(.budget(taken.step, failure: taken.change?.failure, limit: limit, level: level))
  }

  package func collect(_ selection: CollectorSelection) -> [Snapshot] {
    state.withLock { state in
      progress.begin(selection)
      let selected = state.running.indices.filter {
        !state.running[$0].isShed && selection.contains(state.running[$0].name)
      }
      let slow = selected.filter { state.running[$0].isSlow }
      for index in selected where !state.running[index].isSlow { collect(&state.running[index]) }
      for index in slow { collect(&state.running[index]) }
      if state.program != nil { collectProgram(&state.program!) }
      guard let collection = progress.end() else { return [] }
      return complete(collection, failures: status.withLock { $0.failures })
    }
  }

  package func partial(of selection: CollectorSelection) -> [Snapshot]? {
    guard let (collection, busy) = progress.partial(of: selection) else { return nil }
    guard let busy else { return complete(collection, failures: status.withLock { $0.failures }) }
    let failure = Self.slow(busy.seconds(at: now()))
    let (failures, isNews) = status.withLock { status in
      status.failures[busy.collector] = failure
      return (status.failures, status.overdue.insert(busy.collector).inserted)
    }
    if isNews { report(.failed(collector: busy.collector, failure)) }
    return complete(collection, failures: failures)
  }

  private func collect(_ running: inout Running) {
    let clock = running.began.flatMap { self.clock?.beginning(at: $0) } ?? self.clock
    var writer = SampleWriter(Snapshot(reserving: running.size, clock: clock))
    let start = now()
    progress.start(running.name, at: start)
    let before = cpuTime()
    let failure = running.collect(into: &writer)
    running.cpuTime &+= cpuTime() &- before
    let duration = now() - start
    running.isSlow = duration > Self.mostPatience
    let part = writer.finish()
    running.size = part.size
    progress.finish(
      CollectionOutcome(collector: running.name, duration: duration, isSuccess: failure == nil), part)
    tell(failure, of: &running)
    tellAvailability(of: &running)
  }

  private func collectProgram(_ program: inout Running) {
    var writer = SampleWriter(Snapshot(reserving: program.size, clock: clock))
    progress.start(program.name, at: now())
    _ = program.collect(into: &writer)
    let part = writer.finish()
    program.size = part.size
    progress.finish(nil, part)
  }

  /// What failed says so until it works again.
  private func tell(_ failure: CollectorFailure?, of running: inout Running) {
    let name = running.name
    let wasOverdue = status.withLock { status in
      let wasOverdue = status.overdue.remove(name) != nil
      if failure != nil || running.isFailing || wasOverdue {
        status.failures[name] = failure ?? running.unavailability
      }
      return wasOverdue
    }
    let wasFailing = running.isFailing || wasOverdue
    if let failure, !running.isFailing { report(.failed(collector: name, failure)) }
    if failure == nil && wasFailing { report(.recovered(collector: name)) }
    running.isFailing = failure != nil
  }

  /// Brings what `collector_up` and the landing page say up to date.
  private func tellAvailability(of running: inout Running, isStarting: Bool = false) {
    let unavailability = running.collector.unavailability
    if unavailability == running.unavailability { return }
    running.unavailability = unavailability
    let name = running.name
    // why it cannot be read says more than why it has nothing to show
    if !running.isFailing { status.withLock { $0.failures[name] = unavailability } }
    guard let unavailability else { return report(.available(collector: name)) }
    report(isStarting ? .unavailable(collector: name, unavailability) : .withdrawn(collector: name, unavailability))
  }

  /// What was collected, and how that went. Selected collectors without an outcome have not been read in time.
  private func complete(_ collection: Progress.Collection, failures: [String: CollectorFailure]) -> [Snapshot] {
    var writer = SampleWriter()
    let selection = collection.selection
    writer.begin(Self.up)
    for (name, _) in names where selection.contains(name) {
      writer.label("collector", name)
      writer.label("reason", failures[name]?.reason.rawValue ?? "")
      writer.integer(failures[name] == nil ? 1 : 0)
    }
    writer.begin(Self.duration)
    for outcome in collection.outcomes {
      writer.label("collector", outcome.collector)
      writer.nanoseconds(outcome.duration)
    }
    writer.begin(Self.success)
    for outcome in collection.outcomes {
      writer.label("collector", outcome.collector)
      writer.integer(outcome.isSuccess ? 1 : 0)
    }
    if let level = status.withLock({ $0.level }) {
      writer.begin(Self.level)
      writer.integer(Int64(level))
    }
    return collection.parts + [writer.finish()]
  }
}
