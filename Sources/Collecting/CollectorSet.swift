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
  private struct Running {
    let name: String
    let collector: any Collector
    var isFailing = false
    /// Why it has nothing to show, as it was told last.
    var unavailability: CollectorFailure?
    var nextSample: UInt64 = 0
  }

  private struct State {
    var running: [Running] = []
    /// Families of the program itself, in every scrape.
    var program: Running?
    /// How large the last snapshot was: the next one asks for its memory at once.
    var size = Snapshot.Size()
  }

  private struct Status {
    var failures: [String: CollectorFailure] = [:]
    var isReady = false
  }

  /// What the set tells while it works; the executable logs it.
  package enum Event: Sendable {
    case started(collector: String)
    /// At the start: it cannot run, or runs and has nothing to show.
    case unavailable(collector: String, CollectorFailure)
    /// It runs, and has nothing to show any more.
    case withdrawn(collector: String, CollectorFailure)
    /// It has something to show now.
    case available(collector: String)
    /// Collecting failed, and did not the time before.
    case failed(collector: String, CollectorFailure)
    case recovered(collector: String)
  }

  package static let families: [Family] = [up, duration, success]

  private static let up = Family(
    "collector_up", .gauge, labels: ["collector", "reason"],
    help: "Whether the collector runs (1) or not (0); reason says why not.")
  private static let duration = Family(
    "scrape_collector_duration_seconds", .gauge, unit: "seconds", labels: ["collector"],
    help: "Duration of the collector's part of this scrape.")
  private static let success = Family(
    "scrape_collector_success", .gauge, labels: ["collector"],
    help: "Whether the collector succeeded in this scrape.")

  private let names: [(name: String, summary: String)]
  private let now: @Sendable () -> UInt64
  private let report: @Sendable (Event) -> Void
  private let state: Mutex<State>
  /// What the event loop asks for; its lock is held for a moment only, never while something is read.
  private let status = Mutex(Status())

  /// Starts the collectors named in `enabled`; what cannot start is reported and left out.
  ///
  /// - Parameters:
  ///   - context: makes what all collectors share.
  ///   - program: makes the collector of the program's own families from the shared context.
  ///   - now: CLOCK_MONOTONIC in nanoseconds.
  package init<Context>(
    _ definitions: [CollectorDefinition<Context>],
    enabled: Set<String>,
    context makeContext: @Sendable () -> Context,
    program makeProgram: @Sendable (Context) -> (any Collector)?,
    now: @escaping @Sendable () -> UInt64,
    report: @escaping @Sendable (Event) -> Void
  ) {
    self.names = definitions.map { ($0.name, $0.summary) }
    self.now = now
    self.report = report
    self.state = Mutex(State())
    state.withLock { state in
      let context = makeContext()
      for definition in startOrder(of: definitions) {
        guard enabled.contains(definition.name) else {
          note(definition.name, CollectorFailure(.disabled, "off", cure: "start with --collector.\(definition.name)"))
          continue
        }
        do throws(CollectorFailure) {
          var running = Running(name: definition.name, collector: try definition.make(context))
          report(.started(collector: definition.name))
          tellAvailability(of: &running, isStarting: true)
          state.running.append(running)
        } catch {
          note(definition.name, error)
          report(.unavailable(collector: definition.name, error))
        }
      }
      state.program = makeProgram(context).map { Running(name: "wattprobe", collector: $0) }
    }
    status.withLock { $0.isReady = true }
  }

  private func note(_ name: String, _ failure: CollectorFailure) {
    status.withLock { $0.failures[name] = failure }
  }

  package var states: [CollectorState] {
    let failures = status.withLock { $0.failures }
    return names.map { CollectorState(name: $0.name, summary: $0.summary, failure: failures[$0.name]) }
  }

  /// How many collectors run.
  package var runningCount: Int { state.withLock { $0.running.count } }

  package var isReady: Bool { status.withLock { $0.isReady } }

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
      for index in state.running.indices { sample(&state.running[index], &next) }
      if state.program != nil { sample(&state.program!, &next) }
      return next
    }
  }

  private func sample(_ running: inout Running, _ next: inout UInt64?) {
    guard let periodic = running.collector as? any PeriodicCollector else { return }
    let time = now()
    if running.nextSample <= time {
      periodic.sample(now: time)
      tellAvailability(of: &running)
      // from the planned time on, so that the mean period holds, but never in a burst after a pause
      let planned = running.nextSample + periodic.samplingInterval
      running.nextSample = planned > time ? planned : time + periodic.samplingInterval
    }
    next = min(next ?? .max, running.nextSample)
  }

  package func collect(_ selection: CollectorSelection) -> Snapshot {
    state.withLock { state in
      var writer = SampleWriter(Snapshot(reserving: state.size))
      var outcomes: [(name: String, duration: UInt64, isSuccess: Bool)] = []
      for index in state.running.indices where selection.contains(state.running[index].name) {
        let start = now()
        let failure = Self.collect(state.running[index].collector, into: &writer)
        outcomes.append((state.running[index].name, now() - start, failure == nil))
        tell(failure, of: &state.running[index])
        tellAvailability(of: &state.running[index])
      }
      if let program = state.program { _ = Self.collect(program.collector, into: &writer) }
      writeOutcomes(outcomes, failures: status.withLock { $0.failures }, selection: selection, into: &writer)
      let snapshot = writer.finish()
      state.size = snapshot.size
      return snapshot
    }
  }

  /// Lets one collector write; what it wrote before it failed is taken back.
  private static func collect(_ collector: any Collector, into writer: inout SampleWriter) -> CollectorFailure? {
    let mark = writer.mark()
    do throws(CollectorFailure) {
      try collector.collect(into: &writer)
      return nil
    } catch {
      writer.rollBack(to: mark)
      return error
    }
  }

  private func tell(_ failure: CollectorFailure?, of running: inout Running) {
    if let failure, !running.isFailing { report(.failed(collector: running.name, failure)) }
    if failure == nil && running.isFailing { report(.recovered(collector: running.name)) }
    running.isFailing = failure != nil
  }

  /// Brings what `collector_up` and the landing page say up to date.
  private func tellAvailability(of running: inout Running, isStarting: Bool = false) {
    let unavailability = running.collector.unavailability
    if unavailability == running.unavailability { return }
    running.unavailability = unavailability
    let name = running.name
    status.withLock { $0.failures[name] = unavailability }
    guard let unavailability else { return report(.available(collector: name)) }
    report(isStarting ? .unavailable(collector: name, unavailability) : .withdrawn(collector: name, unavailability))
  }

  private func writeOutcomes(
    _ outcomes: [(name: String, duration: UInt64, isSuccess: Bool)], failures: [String: CollectorFailure],
    selection: CollectorSelection, into writer: inout SampleWriter
  ) {
    writer.begin(Self.up)
    for (name, _) in names where selection.contains(name) {
      writer.label("collector", name)
      writer.label("reason", failures[name]?.reason.rawValue ?? "")
      writer.integer(failures[name] == nil ? 1 : 0)
    }
    writer.begin(Self.duration)
    for outcome in outcomes {
      writer.label("collector", outcome.name)
      writer.nanoseconds(outcome.duration)
    }
    writer.begin(Self.success)
    for outcome in outcomes {
      writer.label("collector", outcome.name)
      writer.integer(outcome.isSuccess ? 1 : 0)
    }
  }
}
