import ArgumentParser
import Glibc
import Recording
import Report

/// Shows what recordings have.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Show what recordings have: a page with plots, a summary, or the figures.",
    usage: "wattprobe report <file> ... [-o <page>] [--json]",
    discussion: """
      The page needs nothing beside it and runs no scripts. Several recordings are compared. Without -o it prints a \
      summary; a recording that goes on can be looked at, too.
      """)

  @Argument(help: ArgumentHelp("Recordings.", valueName: "file"))
  var recordings: [String]

  @Option(name: .shortAndLong, help: ArgumentHelp("Where to write the page, as HTML.", valueName: "page"))
  var output: String?

  @Flag(help: "Write the figures behind every plot as JSON instead.")
  var json = false

  @Flag(help: "Replace the file if it is there.")
  var force = false

  func run() throws {
    let all = try recordings.map { path in try Self.figures(path, name: name(path)) }
    let text =
      if json { ReportJSON.text(all) } else if output != nil { ReportPage(all).html } else { Summary(all).text }
    try OutputFile.write(output, isForced: force) { try $0.write(Array(text.utf8)) }
  }

  /// Without its folders, where that tells the recordings apart.
  private func name(_ path: String) -> String {
    func last(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
    return recordings.filter { last($0) == last(path) }.count > 1 ? path : last(path)
  }

  private static func figures(_ path: String, name: String) throws -> Figures {
    let reader = try RecordingReader(path)
    var analysis = Analysis(name: name, about: reader.about, collections: reader.times.count)
    try reader.forEach { time throws(RecordingError) in
      analysis.begin(time)
    } change: { id, series, value throws(RecordingError) in
      analysis.change(id, series, value)
    }
    return analysis.finish()
  }
}
