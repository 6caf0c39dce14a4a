import Glibc
import Host
import Readings
import TerminalView

/// Readings one after the other, and what is shown of them.
struct TopSession {
  /// What is seen first need not wait as long as what follows.
  private static let firstInterval: UInt64 = 500_000_000

  private var source: any ReadingSource
  private var state: ViewState
  private var interval: DurationArgument
  private let iterations: Int?
  /// As of the last reading, and when that was; nil before the first one.
  private var latest: (activity: Activity, time: String)?
  /// What is seen: while the view is paused, what was seen before.
  private var shown: (activity: Activity, time: String)?
  /// Which process started which; nil where that cannot be known.
  private var parents: [UInt32: UInt32]? = [:]
  /// Why there is no newer reading.
  private var trouble: String?
  private var shownCount = 0

  init(_ source: any ReadingSource, _ state: ViewState, interval: DurationArgument, iterations: Int?) {
    self.source = source
    self.state = state
    self.interval = interval
    self.iterations = iterations
  }

  private var isDone: Bool { iterations.map { shownCount >= $0 } ?? false }

  // MARK: Blocks of text

  /// Until there were as many blocks as wanted, or nobody reads them any more. Throws where there is no reading.
  mutating func print() throws {
    source.ask()
    var next = MonotonicClock.now + interval.nanoseconds
    while !isDone {
      if let reading = source.take() {
        accept(try reading.get(), time: Timestamp.utc)
        if !printBlock() { return }
      } else {
        source.wait(until: next, for: nil)
      }
      askIfDue(&next)
    }
  }

  /// Returns false where nobody reads it. There is nothing to say of the first reading.
  private mutating func printBlock() -> Bool {
    guard let shown, shown.activity.seconds > 0 else { return true }
    let lines = (shownCount > 0 ? [""] : []) + view(shown).block()
    shownCount += 1
    return Terminal.write(lines.map { $0 + "\n" }.joined(), to: STDOUT_FILENO) == 0
  }

  // MARK: The screen

  /// Until the user, a signal or the terminal's end ends it, or there were as many screens as wanted. Throws where there is no
  /// first reading.
  mutating func run(on screen: TerminalScreen, _ signals: borrowing PendingSignals) throws {
    let waiting = try WaitSet([STDIN_FILENO, signals.rawValue] + (source.descriptor.map { [$0] } ?? []))
    source.ask()
    // before the screen is taken, so that what is wrong remains to be seen
    while latest == nil {
      if let reading = source.take() { accept(try reading.get(), time: Timestamp.local) }
      if let signal = signals.next(), Self.ends(signal.number) { return }
      if latest == nil { source.wait(until: .max, for: waiting.rawValue) }
    }
    screen.enter()
    defer { screen.leave() }
    var next = MonotonicClock.now + min(interval.nanoseconds, Self.firstInterval)
    do throws(TerminalScreen.Gone) {
      try draw(on: screen)
      while !isDone {
        source.wait(until: next, for: waiting.rawValue)
        askIfDue(&next)
        takeReading()
        while let signal = signals.next() {
          if Self.ends(signal.number) { return }
          if signal.number == SIGTSTP { Self.stop(screen) }
          if signal.number == SIGCONT { screen.enter() }
        }
        guard let keys = screen.keys() else { return }
        for key in keys where !handle(key, on: screen, &next) { return }
        try draw(on: screen)
      }
    } catch {
      // nobody is there to see it
      return
    }
  }

  private static func ends(_ signal: Int32) -> Bool { [SIGINT, SIGTERM, SIGHUP].contains(signal) }

  /// Stops as Ctrl-Z does, with the terminal as it was; goes on with the signal that continues it.
  private static func stop(_ screen: TerminalScreen) {
    screen.leave()
    kill(getpid(), SIGSTOP)
  }

  private mutating func takeReading() {
    switch source.take() {
    case nil: return
    case .success(let reading):
      accept(reading, time: Timestamp.local)
      trouble = nil
      shownCount += 1
    case .failure(let error): trouble = error.message
    }
  }

  /// Returns false where the user has enough.
  private mutating func handle(_ key: Key, on screen: TerminalScreen, _ next: inout UInt64) -> Bool {
    guard let shown else { return true }
    let before = state
    let size = screen.size
    let extent = view(shown).extent(columns: size.columns, lines: size.lines)
    switch state.handle(key, columns: extent.columns, sorting: extent.sorting, page: extent.page) {
    case .quit: return false
    case .longerInterval: setInterval(interval.nanoseconds * 2, &next)
    case .shorterInterval: setInterval(interval.nanoseconds / 2, &next)
    case nil: break
    }
    if !state.isPaused { self.shown = latest }
    if state.isTree != before.isTree || state.subject != before.subject || state.isPaused != before.isPaused {
      findParents()
    }
    return true
  }

  private mutating func setInterval(_ nanoseconds: UInt64, _ next: inout UInt64) {
    interval = DurationArgument(
      nanoseconds: min(max(nanoseconds, Top.intervals.lowerBound.nanoseconds), Top.intervals.upperBound.nanoseconds))
    next = min(next, MonotonicClock.now + interval.nanoseconds)
  }

  private mutating func draw(on screen: TerminalScreen) throws(TerminalScreen.Gone) {
    guard let shown else { return }
    let size = screen.size
    let extent = view(shown).extent(columns: size.columns, lines: size.lines)
    state.clampOffset(rows: extent.rows, page: extent.page)
    try screen.draw(view(shown).screen(columns: size.columns, lines: size.lines))
  }

  // MARK: Both

  /// A reading that is late is not made up for.
  private mutating func askIfDue(_ next: inout UInt64) {
    let now = MonotonicClock.now
    if now < next { return }
    source.ask()
    next += interval.nanoseconds
    if next <= now { next = now + interval.nanoseconds }
  }

  private mutating func accept(_ reading: Reading, time: String) {
    var activity = latest?.activity
    if activity == nil { activity = Activity(from: reading) } else { activity?.advance(to: reading) }
    latest = activity.map { ($0, time) }
    if state.isPaused { return }
    shown = latest
    findParents()
  }

  /// Of what is seen: while that stands, so does its tree.
  private mutating func findParents() {
    guard state.isTree, state.subject == .processes, let shown else { return }
    parents = source.parents(
      of: shown.activity.processes.compactMap { row in if case .process(let pid) = row.kind { pid } else { nil } })
  }

  private func view(_ shown: (activity: Activity, time: String)) -> View {
    View(
      shown.activity, state,
      View.Context(
        host: source.host, time: shown.time, interval: interval.description,
        advice: EnergyAdvice(isRemote: source.isRemote), knowsParents: parents != nil, trouble: trouble),
      parents: parents ?? [:])
  }
}
