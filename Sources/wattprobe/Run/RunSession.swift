import Accounts
import Collecting
import Collectors
import Glibc
import Host
import Logging

/// Measures runs of commands, or trees that are there, one after the other.
final class RunSession {
  /// Nanoseconds from one line to the next; nil: no lines.
  var interval: UInt64?
  /// Whether a run lasts until all that the command began has ended.
  var awaitsAll = false
  /// Whether lines are printed as they come.
  var printsIntervals = true
  var report: ReportFile?
  /// Somebody has asked for the end.
  private(set) var isInterrupted = false
  private let accounting: TreeAccounting
  private let signals: PendingSignals
  private var run = MeasuredRun()
  private var before: [TreeAccount] = []
  private var beganAt: UInt64 = 0
  private var lineAt: UInt64 = 0
  private var lastLine: UInt64 = 0
  private var sampleAt: UInt64 = .max
  private var names: [String] = []
  private let paths: HostPaths

  init(_ options: CollectorOptions, logger: Logger, signals: consuming PendingSignals) throws {
    self.signals = signals
    paths = options.paths
    do throws(CollectorFailure) {
      accounting = try TreeAccounting(options, logger: logger)
    } catch {
      throw StartError("processes cannot be followed: \(error.message)", cure: error.cure)
    }
  }

  /// Runs the command once.
  func run(_ launcher: CommandLauncher) throws -> MeasuredRun {
    let command: LaunchedCommand
    do throws(SystemError) { command = try launcher.launch() } catch {
      throw StartError("\(error)", cure: "see the limits of processes and memory")
    }
    guard try attempt({ () throws(CollectorFailure) in try accounting.adopt(command.pid) }) else {
      throw StartError("the command cannot be followed", cure: "report this with the kernel's version")
    }
    accounting.begin()
    begin(names: [launcher.arguments.joined(separator: " ")])
    do throws(SystemError) { try command.begin() } catch {
      throw CommandError(name: launcher.arguments[0], errno: error.errno)
    }
    while run.status == nil {
      wait(until: nextMoment())
      for signal in pendingSignals() {
        // those of a terminal the command has itself
        if !signal.isTerminals { kill(pid_t(bitPattern: command.pid), signal.number) }
      }
      if let status = try? command.status() { run.status = status }
      try keepUp()
    }
    while awaitsAll, accounting.hasLiving, !isInterrupted {
      wait(until: min(nextMoment(), MonotonicClock.now + 20_000_000))
      _ = pendingSignals()
      try keepUp()
    }
    try finish()
    try attempt { () throws(CollectorFailure) in try accounting.release() }
    return run
  }

  /// Follows processes that are there, for `time` nanoseconds, or until all have ended.
  func follow(_ pids: [UInt32], for time: UInt64?) throws -> MeasuredRun {
    for pid in pids {
      guard try attempt({ () throws(CollectorFailure) in try accounting.adopt(pid) }) else {
        throw StartError("--pid: there is no process \(pid)", cure: "see `ps`, or `wattprobe top`")
      }
    }
    accounting.begin()
    begin(names: pids.map { "process \($0)\(name(of: $0).map { ", \($0)" } ?? "")" })
    let deadline = time.map { beganAt + $0 } ?? .max
    while !isInterrupted, MonotonicClock.now < deadline, accounting.hasLiving {
      wait(until: min(nextMoment(), deadline, MonotonicClock.now + 50_000_000))
      _ = pendingSignals()
      try keepUp()
    }
    try finish()
    return run
  }

  private func name(of pid: UInt32) -> String? {
    (try? SmallFile.text(paths.proc("\(pid)/comm"))).map { String($0.prefix { $0 != "\n" }) }
  }

  // MARK: The course of a run

  private func begin(names: [String]) {
    self.names = names
    run = MeasuredRun()
    beganAt = MonotonicClock.now
    sampleAt = accounting.nextSample(after: beganAt) ?? .max
    lineAt = interval.map { beganAt + $0 } ?? .max
    lastLine = beganAt
    // nothing between the beginning and the command that nobody asked for
    before = interval == nil ? [] : names.indices.map { accounting.account(of: $0) }
  }

  private func nextMoment() -> UInt64 { min(sampleAt, lineAt) }

  private func wait(until time: UInt64) {
    let now = MonotonicClock.now
    let milliseconds = time <= now ? 0 : (time - now + 999_999) / 1_000_000
    var polled = pollfd(fd: signals.rawValue, events: Int16(POLLIN), revents: 0)
    _ = poll(&polled, 1, time == .max ? -1 : Int32(clamping: milliseconds))
  }

  private func pendingSignals() -> [PendingSignals.Signal] {
    var pending: [PendingSignals.Signal] = []
    while let signal = signals.next() {
      if signal.number == SIGCHLD { continue }
      if [SIGINT, SIGTERM, SIGHUP, SIGQUIT].contains(signal.number) { isInterrupted = true }
      pending.append(signal)
    }
    return pending
  }

  private func keepUp() throws {
    let now = MonotonicClock.now
    if now >= sampleAt || now >= lineAt {
      accounting.sample()
      sampleAt = accounting.nextSample(after: now) ?? .max
    }
    guard let interval, now >= lineAt else { return }
    try line(at: now)
    // none is made up for
    lineAt += interval * ((now - lineAt) / interval + 1)
  }

  private func line(at now: UInt64) throws {
    let after = names.indices.map { accounting.account(of: $0) }
    let line = MeasuredRun.Interval(
      end: now - beganAt, length: now - lastLine, from: TreeAccount(sumOf: before), to: TreeAccount(sumOf: after))
    if printsIntervals { try report?.write((run.intervals.isEmpty ? MeasuredRun.Interval.header : "") + line.text) }
    run.intervals.append(line)
    before = after
    lastLine = now
  }

  private func finish() throws {
    let now = MonotonicClock.now
    // takes until the kernel has let go of the tasks
    accounting.end()
    if interval != nil { try line(at: now) }
    run.elapsed = accounting.elapsed
    run.machine = accounting.machine()
    run.energyFailure = accounting.energyFailure.map { "\($0.message): \($0.cure)" }
    run.trees = names.indices.map { MeasuredRun.Tree(name: names[$0], account: accounting.account(of: $0)) }
  }

  @discardableResult
  private func attempt<T>(_ body: () throws(CollectorFailure) -> T) throws -> T {
    do throws(CollectorFailure) { return try body() } catch { throw StartError(error.message, cure: error.cure) }
  }
}

/// A command that could not be executed.
struct CommandError: Error {
  let name: String
  let errno: Int32

  /// As shells have it.
  var status: Int32 { errno == ENOENT || errno == ENOTDIR ? 127 : 126 }
  var message: String { "\(name): \(String(cString: strerror(errno)))" }
  var cure: String {
    status == 127 ? "see that it is spelled right and in PATH" : "see that it may be executed (chmod +x), and by whom"
  }
}
