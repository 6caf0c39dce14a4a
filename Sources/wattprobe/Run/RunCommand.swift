import Accounts
import ArgumentParser
import Collectors
import Glibc
import Host
import JSONText
import Logging

/// Runs a command and says what it and all that it began used.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a command and say what its tree of processes used: joules, CPU time, waits, system calls.",
    usage: """
      wattprobe run [<options>] -- <command> [<argument> ...]
      wattprobe run [<options>] --pid <pid> ...
      """,
    discussion: """
      The command runs as the user who asked (through sudo, too), or as --user says. Counted is what the kernel counts of it and of all that it begins, \
      from its first instruction to the last switch of each task; what it leaves behind is counted until it ends itself, \
      or with --wait until that has ended. The report goes to standard error. Exits with the command's status, or by its signal; \
      with 127 where there is no such command, 126 where it cannot be executed, 125 where wattprobe itself fails. \
      Takes the options of wattprobe for energy, too, such as --energy.model, and --syscalls.timing off: see 'wattprobe --help'.
      """)

  /// What stands for a status where wattprobe itself fails, as with timeout(1) and env(1).
  static let failure: Int32 = 125

  @ParentCommand var exporter: Wattprobe

  @Option(
    name: .customLong("pid"),
    help: ArgumentHelp(
      "Instead of a command: a process that runs, and all that it has begun and begins; give it more than once for several trees.",
      valueName: "pid"))
  var pids: [UInt32] = []

  @Option(
    help: ArgumentHelp(
      "With --pid: measure for so long; else until the last of the trees has ended, or Ctrl-C.", valueName: "time"),
    transform: DurationArgument.parse)
  var duration: DurationArgument?

  @Option(
    name: [.short, .customLong("repeat")],
    help: ArgumentHelp("Run the command so many times, and show means and their standard errors.", valueName: "count"))
  var repetitions = 1

  @Option(
    help: ArgumentHelp("Print a line each time this has passed, too; at least 100ms.", valueName: "time"),
    transform: DurationArgument.parse)
  var interval: DurationArgument?

  @Flag(help: "Wait for all that the command leaves behind, too.")
  var wait = false

  @Flag(name: .customLong("by-process"), help: "Show each process, and its system calls.")
  var byProcess = false

  @Flag(help: "Show each system call instead of their categories.")
  var calls = false

  @Flag(help: "Write the report as JSON.")
  var json = false

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write the report to this file instead of standard error.", valueName: "path"))
  var output: String?

  @Argument(parsing: .postTerminator, help: "The command and its arguments, after --.")
  var command: [String] = []

  func validate() throws {
    if pids.isEmpty && command.isEmpty {
      throw ValidationError("no command: write it after --, as in: wattprobe run -- make -j2")
    }
    if !pids.isEmpty && !command.isEmpty { throw ValidationError("--pid and a command exclude each other") }
    if pids.count > TreeOptions.limit { throw ValidationError("--pid can be given \(TreeOptions.limit) times at most") }
    if Set(pids).count != pids.count || pids.contains(0) {
      throw ValidationError("--pid: each process once, by its number")
    }
    if !(1...10_000).contains(repetitions) { throw ValidationError("--repeat: from 1 to 10000") }
    if repetitions > 1 && (!pids.isEmpty || interval != nil) {
      throw ValidationError("--repeat goes with a command, and without --interval")
    }
    if let interval, interval < .milliseconds(100) { throw ValidationError("--interval: at least 100ms") }
    if duration != nil && pids.isEmpty { throw ValidationError("--duration goes with --pid") }
  }

  /// Does it all, and ends the process as the command ended.
  @MainActor
  func measure() throws -> Never {
    // before there is a second thread
    try LaunchedCommand.prepare()
    OwnProcess.raiseDescriptorLimit()
    let signals = try PendingSignals([SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2])
    var options = try exporter.collecting.options()
    var trees = TreeOptions()
    trees.count = max(1, pids.count)
    trees.hasProcesses = byProcess
    trees.beginsWithProgram = pids.isEmpty
    trees.timesCalls = options.syscalls.timing != .off
    options.trees = trees
    let report = try ReportFile(output)
    let session = try RunSession(options, logger: logger, signals: signals)
    session.interval = interval?.nanoseconds
    session.awaitsAll = wait
    session.printsIntervals = !json
    session.report = report
    var runs: [MeasuredRun] = []
    if pids.isEmpty {
      let launcher = try CommandLauncher(command, user: exporter.user)
      for _ in 0..<repetitions {
        runs.append(try session.run(launcher))
        if session.isInterrupted { break }
      }
    } else {
      runs.append(try session.follow(pids, for: duration?.nanoseconds))
    }
    var parts = RunReport.Parts()
    parts.hasCalls = calls
    parts.hasProcesses = byProcess
    let text = RunReport(runs, parts)
    try report.write(json ? text.json.text : text.text)
    LaunchedCommand.endLike(runs.last?.status ?? 0)
  }

  /// Warnings alone, unless more is asked for: what sensors were taken for is no news to whoever runs a command.
  private var logger: Logger {
    var logger = exporter.logging.makeLogger()
    if logger.logLevel == .info { logger.logLevel = .warning }
    return logger
  }
}

/// Where the report goes.
final class ReportFile {
  private let path: String?
  private let descriptor: Int32
  private var isBegun = false

  /// Standard error where there is no path.
  init(_ path: String?) throws {
    self.path = path
    guard let path else {
      descriptor = STDERR_FILENO
      return
    }
    // a pipe that nobody reads would not be waited for in the end
    descriptor = open(path, O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0o644)
    if descriptor < 0 {
      throw StartError(
        "--output: \(path): \(String(cString: strerror(errno)))", cure: "name a file that can be written")
    }
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
  }

  /// Standard error that nobody reads any more is no failure: a file that does not take the report is.
  func write(_ text: String) throws {
    // what was there stays until there is something new; pipes and the like have no length
    if path != nil, !isBegun { _ = ftruncate(descriptor, 0) }
    isBegun = true
    let error = Terminal.write(text, to: descriptor)
    guard error != 0, let path else { return }
    throw StartError(
      "--output: \(path): \(String(cString: strerror(error)))", cure: "name a file on a disk that has room")
  }
}
