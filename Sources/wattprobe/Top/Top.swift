import ArgumentParser
import Glibc
import Host
import TerminalView
import Web

/// Shows what the machine, its processes and its control groups do, and what power they draw.
struct Top: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top", abstract: "Show who uses power, CPU time and more, as it happens.",
    discussion: """
      Counts itself, which takes the privileges of wattprobe, or reads an exporter that runs (--from), which takes none. \
      Takes the options of wattprobe, too, for what is counted: see 'wattprobe --help'. The key ? lists the keys.
      """)

  @ParentCommand var exporter: Wattprobe

  @Option(
    name: .customLong("interval"), parsing: .unconditional,
    help: ArgumentHelp("Time between two readings, from 100ms to 1h. (default: 1s)", valueName: "time"),
    transform: DurationArgument.parse)
  var interval = Self.standardInterval

  @Flag(help: "Print plain text, a block a reading, for scripts and pipes.")
  var batch = false

  @Option(help: ArgumentHelp("End after so many blocks, or screens.", valueName: "count"))
  var iterations: Int?

  @Flag(help: "Show control groups instead of processes.")
  var cgroups = false

  @Flag(help: "Show processes below those that started them, control groups below those that hold them.")
  var tree = false

  @Option(
    help: ArgumentHelp(
      "Sort by \(Column.allCases.map(\.rawValue).joined(separator: ", ")). (default: watts, or cpu where there are none)",
      valueName: "column"),
    transform: Self.column)
  var sort: Column?

  @Option(help: ArgumentHelp("Show what has this text in its name, control group or process id.", valueName: "text"))
  var filter = ""

  @Option(
    help: ArgumentHelp("Read the exporter at this address, such as http://host:10418.", valueName: "url"),
    transform: Self.address)
  var from: ExporterAddress?

  @Option(
    name: .customLong("from.ca-file"),
    help: ArgumentHelp(
      "Trust certificates signed by those in this file (PEM), not by whomever the system trusts.", valueName: "path"))
  var authorities: String?

  @Option(
    name: .customLong("from.credentials-file"),
    help: ArgumentHelp("File that has user:password in its first line.", valueName: "path"))
  var credentials: String?

  static let standardInterval = DurationArgument.seconds(1)
  static let intervals = DurationArgument.milliseconds(100)...(.seconds(3600))

  func validate() throws {
    try Bounds.check("interval", interval, in: Self.intervals, is: "time")
    if let iterations { try Bounds.check("iterations", iterations, in: 1...Int(Int32.max)) }
    for (option, value) in [("from.ca-file", authorities), ("from.credentials-file", credentials)] {
      guard from != nil || value == nil else { throw ValidationError("--\(option): give --from, too") }
    }
  }

  private static func column(_ text: String) throws -> Column {
    guard let column = Column(rawValue: text) else {
      let known = Column.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("there is no column \"\(text)\"; the columns are \(known)")
    }
    return column
  }

  private static func address(_ text: String) throws -> ExporterAddress {
    do throws(ExporterClientError) {
      return try ExporterAddress(parsing: text)
    } catch {
      throw ValidationError(error.description)
    }
  }

  @MainActor
  func show() throws {
    // a pipe that nobody reads is noticed as it is written to
    signal(SIGPIPE, SIG_IGN)
    var state = ViewState()
    state.subject = cgroups ? .groups : .processes
    state.isTree = tree
    state.sort = sort
    state.filter = filter
    if batch {
      var session = TopSession(try source(), state, interval: interval, iterations: iterations)
      return try session.print()
    }
    guard let screen = TerminalScreen() else {
      throw StartError("input or output is no terminal", cure: "give --batch for plain text, or start it in a terminal")
    }
    // before there are threads that would take them
    let signals = try PendingSignals([SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH])
    var session = TopSession(try source(), state, interval: interval, iterations: iterations)
    try session.run(on: screen, signals)
  }

  private func source() throws -> any ReadingSource {
    if let from { return try RemoteSource(from, authorities: authorities, credentials: credentials) }
    return try LocalSource(exporter.collecting.options(), interval: interval.nanoseconds)
  }
}
