import ArgumentParser
import Logging

/// How lines look.
enum LogFormat: String, ExpressibleByArgument, CaseIterable {
  case text
  case json
}

struct LoggingArguments: ParsableArguments {
  @Option(
    name: .customLong("log.level"),
    help: ArgumentHelp(
      "Log messages of this level and above: trace, debug, info, notice, warning, error or critical. (default: info)",
      valueName: "level"),
    transform: Self.level(named:))
  var level = Logger.Level.info

  @Option(name: .customLong("log.format"), help: ArgumentHelp("Format of the log lines.", valueName: "format"))
  var format = LogFormat.text

  private static func level(named name: String) throws -> Logger.Level {
    guard let level = Logger.Level(rawValue: name) else {
      let known = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("there is no log level \"\(name)\"; the levels are \(known)")
    }
    return level
  }

  func makeLogger() -> Logger {
    var logger = Logger(label: "wattprobe", factory: { _ in LineLogHandler(format: format) })
    logger.logLevel = level
    return logger
  }
}
