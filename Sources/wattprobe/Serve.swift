import ArgumentParser
import BPF
import Collecting
import Collectors
import Glibc
import Host
import Logging
import ServiceLifecycle
import UnixSignals
import Web

/// The exporter itself.
struct Serve: CollectorChoosing {
  static let configuration = CommandConfiguration(
    abstract: "Serve metrics over HTTP.", discussion: CollectorChoice.help)

  @Option(
    name: .customLong("web.listen-address"), parsing: .singleValue,
    help: ArgumentHelp(
      "Address to listen on, such as 127.0.0.1:9100 or [::1]:9100; may be repeated. (default: :10418)",
      valueName: "host:port"),
    transform: Self.listenAddress)
  var listenAddresses: [ListenAddress] = [WebConfiguration.defaultListenAddress]

  @Option(name: .customLong("web.telemetry-path"), help: ArgumentHelp("Path of the metrics.", valueName: "path"))
  var telemetryPath = WebConfiguration.defaultTelemetryPath

  @Option(
    name: .customLong("web.max-requests"), parsing: .unconditional,
    help: ArgumentHelp("Scrapes served at once, 0 for any number.", valueName: "count"))
  var maxRequests = WebConfiguration.defaultMaxRequests

  @Flag(name: .customLong("web.systemd-socket"), help: "Listen on the sockets systemd passes instead of an address.")
  var usesSystemdSocket = false

  @Flag(
    name: .customLong("bpf.statistics"), inversion: .prefixedNo,
    help: "Sample the run time of the eBPF programs, in one second of ten (needs CAP_SYS_ADMIN in a child process).")
  var statistics = true

  @OptionGroup var collecting: CollectingArguments
  @OptionGroup var logging: LoggingArguments

  var choice = CollectorChoice()

  enum CodingKeys: String, CodingKey {
    case listenAddresses, telemetryPath, maxRequests, usesSystemdSocket, statistics, collecting, logging
  }

  /// Everything that takes privileges happens first and on the one thread there is; then they go, then threads begin.
  @MainActor
  mutating func start() async throws {
    let logger = logging.makeLogger()
    let web = try webConfiguration()
    let options = try collecting.options(choice)
    let sockets = usesSystemdSocket ? try SystemdSockets.take() : []

    let statistics = startStatistics(logger)
    let collectors = CollectorSet.starting(options, statistics: statistics, logger: logger)
    guard collectors.runningCount > 0 else {
      throw StartError(
        "no collector could start", cure: "see the lines above; `wattprobe collectors` shows what each one is missing")
    }
    try Privileges.drop(for: web, options: options, logger: logger)

    let server =
      usesSystemdSocket
      ? WebServer(configuration: web, inheriting: sockets, source: collectors, version: Version.line, logger: logger)
      : WebServer(configuration: web, source: collectors, version: Version.line, logger: logger)
    var group = ServiceGroupConfiguration(
      services: [
        .init(service: SamplingService(collectors: collectors)),
        .init(service: WebService(server: server, notifier: SystemdNotifier(), logger: logger)),
      ],
      gracefulShutdownSignals: [.sigterm, .sigint],
      logger: Logger(label: "wattprobe.lifecycle", factory: { _ in SwiftLogNoOpLogHandler() }))
    group.maximumGracefulShutdownDuration = .milliseconds(1800)
    do {
      try await ServiceGroup(configuration: group).run()
    } catch let error as WebServerError {
      throw StartError(error.message, cure: error.cure)
    }
    if !collectors.stop() { logger.warning("a collector hangs: its programs are detached as the process ends") }
    logger.info("stopped")
  }

  private static func listenAddress(_ text: String) throws -> ListenAddress {
    do throws(ListenAddressError) {
      return try ListenAddress(parsing: text)
    } catch {
      throw ValidationError(error.description)
    }
  }

  private func webConfiguration() throws -> WebConfiguration {
    do throws(WebConfigurationError) {
      return try WebConfiguration(
        listenAddresses: listenAddresses, telemetryPath: telemetryPath, maxRequests: maxRequests)
    } catch {
      throw StartError(error.message, cure: error.cure)
    }
  }

  private func startStatistics(_ logger: Logger) -> StatisticsSwitch? {
    guard statistics else { return nil }
    guard Capabilities.effective.contains(.sysAdmin) else {
      logger.notice(
        "run-time statistics of eBPF programs are absent",
        metadata: ["cause": "CAP_SYS_ADMIN is missing", "cure": "grant it, or give --no-bpf.statistics"])
      return nil
    }
    do throws(BPFError) {
      return try StatisticsSwitch()
    } catch {
      logger.warning("run-time statistics of eBPF programs are absent", metadata: ["cause": "\(error)"])
      return nil
    }
  }
}

/// Why the program cannot start: one line that names the thing and the cure.
struct StartError: Error, CustomStringConvertible {
  let message: String
  let cure: String

  init(_ message: String, cure: String) {
    self.message = message
    self.cure = cure
  }

  var description: String { "\(message): \(cure)" }
}
