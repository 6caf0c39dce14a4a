import ArgumentParser
import CBuild
import Collectors
import Glibc
import Host

/// What `--version` and `wattprobe_build_info` say.
enum Version {
  static let number = "0.1.0"
  static var revision: String { String(cString: cbuild_revision()) }
  static var text: String { "\(number) (revision \(revision))" }
  static var line: String { "wattprobe \(text)" }
}

/// The exporter itself.
@main
struct Wattprobe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wattprobe",
    abstract: "Exports kernel counters, latency histograms and measured energy to Prometheus.",
    usage: """
      wattprobe [<options>]
      wattprobe run [<options>] -- <command> [<argument> ...]
      wattprobe top [<options>] [--batch] [--from <url>]
      wattprobe collectors [<options>] [--markdown]
      wattprobe record -o <file> [--duration <time>] [<options>]
      wattprobe report <file> ... [-o <page>]
      wattprobe export <file> [--format <format>] [-o <file>]
      wattprobe check-web-config <path> ...
      """,
    discussion: """
      Serves metrics over HTTP until it is stopped. It needs root, or the capabilities CAP_BPF and CAP_PERFMON. \
      --collector.NAME switches a collector on, --no-collector.NAME switches it off; the last of them counts.
      """,
    version: Version.line,
    subcommands: [
      RunCommand.self, Top.self, ListCollectors.self, RecordCommand.self, ReportCommand.self, ExportCommand.self,
      CheckWebConfiguration.self,
    ])

  @OptionGroup(title: "Web server") var web: WebArguments
  @OptionGroup var collecting: CollectingArguments
  @OptionGroup(title: "Log") var logging: LoggingArguments

  @Option(
    help: ArgumentHelp(
      "Started by root, become this user once all is open, by name or as UID[:GID]; root: remain root. (default: wattprobe, or nobody where there is none)",
      valueName: "user"))
  var user: String?

  @Flag(
    name: .customLong("bpf.statistics"), inversion: .prefixedNo,
    help: "Measure the run time of the eBPF programs, one second in ten (takes CAP_SYS_ADMIN, in a child process).")
  var hasStatistics = true

  @Option(
    name: .customLong("budget.cpu"),
    help: ArgumentHelp(
      "What it may cost, kernel side included: a share of one CPU, such as 2%; off: whatever it takes; default: 1% and half a percent of the machine's CPUs. Over it, collectors are shed, the costliest first. Needs --bpf.statistics. (default: default)",
      valueName: "share"),
    transform: BudgetArgument.parse)
  var budget = BudgetArgument.standard

  @Flag(
    name: .customLong("security.sandbox"), inversion: .prefixedNo,
    help: "Once all is open, refuse the process what it does not need: Landlock and seccomp, where the kernel has them."
  )
  var isSandboxed = true

  /// Exits with 1 whatever is wrong with the command line: service managers know nothing of sysexits.h.
  static func main() async {
    OwnMemory.settle()
    do {
      switch try command(CommandLine.arguments.dropFirst()) {
      case let exporter as Wattprobe: try await exporter.serve()
      case let run as RunCommand: try run.measure()
      case let top as Top: try top.show()
      case let list as ListCollectors: try list.list()
      case let record as RecordCommand: try record.record()
      case var other: try other.run()
      }
    } catch let error as CommandError {
      Terminal.write("wattprobe: \(error.message): \(error.cure)\n", to: STDERR_FILENO)
      Glibc.exit(error.status)
    } catch {
      let isSuccess = exitCode(for: error).isSuccess
      let text = fullMessage(for: error)
      if !text.isEmpty { Terminal.write(text + "\n", to: isSuccess ? STDOUT_FILENO : STDERR_FILENO) }
      Glibc.exit(isSuccess ? 0 : CommandLine.arguments.dropFirst().first == "run" ? RunCommand.failure : 1)
    }
  }

  /// What the command line asks for; `wattprobe serve` is another way to write `wattprobe`.
  private static func command(_ arguments: ArraySlice<String>) throws -> any ParsableCommand {
    let arguments = Array(arguments.first == "serve" ? arguments.dropFirst() : arguments)
    let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
    try CollectorFlags.checkNames(in: Array(arguments[..<end]))
    // the parser takes quadratic time, and a command may have any number of arguments
    let first = arguments.index(end, offsetBy: 2, limitedBy: arguments.endIndex) ?? arguments.endIndex
    var parsed = try parseAsRoot(Array(arguments[..<first]))
    if var run = parsed as? RunCommand, first < arguments.endIndex {
      run.command += arguments[first...]
      parsed = run
    }
    return parsed
  }
}

/// Whole lines, unbuffered.
enum Terminal {
  /// Returns 0, or the errno of what could not be written: EPIPE where nobody reads any more.
  @discardableResult
  static func write(_ text: String, to descriptor: Int32) -> Int32 {
    let bytes = Array(text.utf8)
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno != EINTR { return errno }
      written += max(0, count)
    }
    return 0
  }
}
