import ArgumentParser
import Collecting
import Collectors
import Glibc
import Host
import Logging
import Recording

/// What a recording is kept as.
enum RecordingFormat: String, ExpressibleByArgument, CaseIterable {
  case sqlite
  case csv
  case openmetrics
}

/// Keeps what the collectors count in a file.
struct RecordCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record", abstract: "Keep samples of the collectors in a file.",
    usage: "wattprobe record -o <file> [<options>]",
    discussion: """
      Takes the options of wattprobe that concern collectors, too: see 'wattprobe --help'. It ends after --duration, or \
      with Ctrl-C, and has then all that it saw; a kill or a full disk takes the last interval at most. What is not \
      SQLite is recorded to <file>.recording first and written at the end. 'wattprobe report' shows what a recording has.
      """)

  @ParentCommand var exporter: Wattprobe

  @Option(name: .shortAndLong, help: ArgumentHelp("The file, which may not be there yet.", valueName: "file"))
  var output: String

  @Option(
    help: ArgumentHelp(
      "How long to record, such as 30s or 8h. (default: until it is stopped)", valueName: "time"),
    transform: DurationArgument.parse)
  var duration: DurationArgument?

  @Option(
    help: ArgumentHelp("Time from one sample to the next. (default: 1s)", valueName: "time"),
    transform: DurationArgument.parse)
  var interval = DurationArgument.seconds(1)

  @Option(help: ArgumentHelp("What to write.", valueName: "format"))
  var format = RecordingFormat.sqlite

  @Option(
    help: ArgumentHelp(
      "End once the recording is as large, such as 500M or 2G. (default: no limit)", valueName: "bytes"),
    transform: SizeArgument.parse)
  var maxSize: SizeArgument?

  @Flag(help: "Replace the file if it is there.")
  var force = false

  @OptionGroup var labels: ExportLabels

  func validate() throws {
    try Bounds.check("interval", interval, in: .milliseconds(100)...(.seconds(3600)), is: "time")
    if let duration, duration < interval {
      throw ValidationError("--duration \(duration): give a time that is not shorter than the interval, \(interval)")
    }
  }

  /// As --energy.interval has it, in nanoseconds.
  private static let leastEnergyInterval: UInt64 = 100_000_000

  /// Where samples go first.
  private var recording: String { format == .sqlite ? output : output + ".recording" }

  @MainActor
  func record() throws {
    var options = try exporter.collecting.options()
    options.energy.intervalNanoseconds = energyInterval(options.energy.intervalNanoseconds)
    var logger = exporter.logging.makeLogger()
    // what this machine has not is told by the recording
    if logger.logLevel == .info || logger.logLevel == .notice { logger.logLevel = .warning }
    if format != .sqlite { try OutputFile.check(output, isForced: force) }
    let ending = try EndingSignals()
    let file = try ClaimedFile(recording, isForced: force)
    let session: RecordingSession
    let ended: RecordingSession.Ended
    do {
      let collectors = try LocalCollectors(options, logger: logger)
      session = RecordingSession(
        path: recording, interval: interval.nanoseconds, duration: duration?.nanoseconds, limit: maxSize?.bytes)
      ended = try session.run(collectors, until: ending)
      _ = collectors.set.stop()
    } catch {
      // not even a first collection
      file.remove()
      throw error
    }
    ending.restore()
    if let failure = ended.failure { throw StartError(failure.message, cure: "\(failure.cure); \(ended.kept)") }
    if format != .sqlite {
      try convert()
      file.remove()
    }
    ended.report(to: output)
  }

  /// Sensors are read at least once an interval, and the same number of times in each: no rate is that of another interval.
  private func energyInterval(_ wanted: UInt64) -> UInt64 {
    let readings = min((interval.nanoseconds + wanted - 1) / wanted, interval.nanoseconds / Self.leastEnergyInterval)
    return interval.nanoseconds / max(1, readings)
  }

  private func convert() throws {
    do {
      try ExportCommand.export(recording, as: format, to: output, isForced: force, labels)
    } catch let error as RecordingError {
      throw StartError(
        error.message,
        cure: "\(error.cure); then `wattprobe export \(recording) --format \(format.rawValue) -o \(output)`")
    }
  }
}
