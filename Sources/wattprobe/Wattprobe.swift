import ArgumentParser
import CBuild
import Collectors
import Glibc

/// What `--version` and `wattprobe_build_info` say.
enum Version {
  static let number = "0.1.0"
  static var revision: String { String(cString: cbuild_revision()) }
  static var line: String { "wattprobe \(number) (revision \(revision))" }
}

@main
struct Wattprobe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wattprobe",
    abstract: "Exports kernel counters, latency histograms and measured energy to Prometheus.",
    discussion: CollectorChoice.help,
    version: Version.line,
    subcommands: [Serve.self, ListCollectors.self],
    defaultSubcommand: Serve.self)

  /// Exits with 1 whatever is wrong with the command line: service managers know nothing of sysexits.h.
  static func main() async {
    do {
      let (choice, rest) = try CollectorChoice.extract(from: Array(CommandLine.arguments.dropFirst()))
      var command = try parseAsRoot(rest)
      if let chooser = command as? any CollectorChoosing {
        var chooser = chooser
        chooser.choice = choice
        try await chooser.start()
      } else {
        try command.run()
      }
    } catch {
      let isSuccess = exitCode(for: error).isSuccess
      let text = fullMessage(for: error)
      if !text.isEmpty { Terminal.write(text + "\n", to: isSuccess ? STDOUT_FILENO : STDERR_FILENO) }
      Glibc.exit(isSuccess ? 0 : 1)
    }
  }
}

/// Whole lines, unbuffered.
enum Terminal {
  static func write(_ text: String, to descriptor: Int32) {
    let bytes = Array(text.utf8)
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno != EINTR { return }
      written += max(0, count)
    }
  }
}

/// A command that `--collector.<name>` flags apply to.
protocol CollectorChoosing: AsyncParsableCommand {
  var choice: CollectorChoice { get set }
  mutating func start() async throws
}
