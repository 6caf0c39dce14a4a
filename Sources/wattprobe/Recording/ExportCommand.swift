import ArgumentParser
import Glibc
import Host
import Recording

/// Labels that what goes to Prometheus gets.
struct ExportLabels: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "With openmetrics: the label job of all series, which keeps them apart from what Prometheus scraped.",
      valueName: "name"))
  var job = "wattprobe-recording"

  func validate() throws {
    if job.isEmpty { throw ValidationError("--job: give a name that is not empty") }
  }
}

/// Text formats that a recording can be turned into.
enum ExportFormat: String, ExpressibleByArgument, CaseIterable {
  case openmetrics
  case csv
}

/// Turns a recording into text.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Turn a recording into OpenMetrics text or CSV.",
    usage: "wattprobe export <file> [--format <format>] [-o <file>]",
    discussion: """
      OpenMetrics has the times of the samples: 'promtool tsdb create-blocks-from openmetrics' makes blocks of it that \
      Prometheus reads. CSV has a row for each series at each time.
      """)

  @Argument(help: ArgumentHelp("The recording.", valueName: "file"))
  var recording: String

  @Option(help: ArgumentHelp("What to write.", valueName: "format"))
  var format = ExportFormat.openmetrics

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Where to write it. (default: standard output)", valueName: "file"))
  var output: String?

  @Flag(help: "Replace the file if it is there.")
  var force = false

  @OptionGroup var labels: ExportLabels

  func run() throws {
    try Self.export(
      recording, as: format == .csv ? .csv : .openmetrics, to: output, isForced: force, labels)
  }

  /// Milliseconds after which Prometheus throws data away unless it is told otherwise: 15 days.
  private static let retention: Int64 = 15 * 24 * 3_600_000

  static func export(
    _ recording: String, as format: RecordingFormat, to output: String?, isForced: Bool, _ labels: ExportLabels
  ) throws {
    let reader = try RecordingReader(recording)
    try OutputFile.write(output, isForced: isForced) { file in
      if format == .csv {
        _ = try CSVExport().write(reader) { bytes throws(RecordingError) in try file.write(bytes) }
        return
      }
      let now = Int64(clamping: RealtimeClock.now / 1_000_000)
      let export = OpenMetricsExport(
        labels: [("job", labels.job), ("instance", reader.about["host"] ?? "unknown")], now: now)
      let outcome = try export.write(reader) { bytes throws(RecordingError) in try file.write(bytes) }
      warn(outcome, isOld: now - reader.times.last > retention)
    }
  }

  private static func warn(_ outcome: OpenMetricsExport.Outcome, isOld: Bool) {
    if outcome.repeated > 0 {
      say("\(outcome.repeated) collections are left out: the clock was set back before them")
    }
    if outcome.future > 0 { say("\(outcome.future) collections are left out: they are later than now") }
    if isOld { say("it is older than 15 days, for which Prometheus keeps data unless its retention is longer") }
  }

  private static func say(_ text: String) { Terminal.write("warning: \(text)\n", to: STDERR_FILENO) }
}
