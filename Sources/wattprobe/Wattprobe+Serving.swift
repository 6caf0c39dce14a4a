import ArgumentParser
import Collecting
import Collectors
import Glibc
import Host
import Logging
import ServiceLifecycle
import UnixSignals
import Web

extension Wattprobe {
  /// Serves until it is told to stop. What keeps it from starting is logged, in the form the command line asks for.
  @MainActor
  func serve() async throws {
    let logger = logging.makeLogger()
    // Log rotation and closing terminals send it to all kinds of servers: there is nothing to reload, and no reason to end.
    signal(SIGHUP, SIG_IGN)
    do {
      try await serve(logger)
    } catch let error as StartError {
      logger.critical("\(error.message)", metadata: ["cure": "\(error.cure)"])
      throw ExitCode.failure
    }
  }

  /// Everything that takes privileges happens first, on this thread and one that has ended by then; then they go, then threads
  /// begin.
  @MainActor
  private func serve(_ logger: Logger) async throws {
    let configuration = try web.configuration()
    try web.checkFile()
    var options = try collecting.options()
    options.hasFineHistograms = configuration.hasNativeHistograms
    let sockets = web.usesSystemdSocket ? try SystemdSockets.take() : []
    let notifier = SystemdNotifier()
    try Privileges.settleUser(user, logger: logger)
    if isSandboxed {
      Privileges.settleSandbox(
        options, files: web.files, ports: web.usesSystemdSocket ? [] : configuration.listenAddresses.map(\.port))
    }

    Privileges.seeAllControlGroups(options: options, logger: logger)
    let helper = startHelper(options, logger)
    if let helper { options.fallBack(on: helper) }
    let collectors = CollectorSet.starting(
      options, statistics: helper?.switchesStatistics == true ? helper?.helper.setStatistics : nil,
      budget: budget, logger: logger)
    guard collectors.runningCount > 0 else {
      throw StartError(
        "no collector could start", cure: "see the lines above, or `wattprobe collectors`, for what each one is missing"
      )
    }
    options.reader.rest()
    try Privileges.drop(for: configuration, logger: logger)
    // It will be read again and again: what cannot be read without privileges must not be found out when it has changed.
    let file = try web.source(logger)

    let server =
      web.usesSystemdSocket
      ? WebServer(
        configuration: configuration, file: file, inheriting: sockets, source: collectors, version: Version.text,
        logger: logger)
      : WebServer(
        configuration: configuration, file: file, source: collectors, version: Version.text, logger: logger)
    var group = ServiceGroupConfiguration(
      services: [
        .init(service: SamplingService(collectors: collectors, helper: helper, logger: logger)),
        .init(service: WebService(server: server, notifier: notifier, logger: logger)),
      ],
      gracefulShutdownSignals: [.sigterm, .sigint],
      logger: Logger(label: "wattprobe.lifecycle", factory: { _ in SwiftLogNoOpLogHandler() }))
    group.maximumGracefulShutdownDuration = .milliseconds(1800)
    do {
      try await ServiceGroup(configuration: group).run()
    } catch let error as WebServerError {
      throw StartError(error.message, cure: error.cure)
    }
    if !collectors.stop() { logger.warning("a collector hangs; its programs are detached when the process ends") }
    logger.info("stopped")
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
