package import Collecting
import Exposition
package import Logging
import Synchronization

/// Serves a source's snapshots over HTTP. Start it once, then shut it down once.
///
/// One event loop carries all connections; collections, encoding and compression happen on two others.
package final class WebServer: Sendable {
  private enum State {
    case new
    case starting
    case running(RunningServer)
    case stopped
  }

  let configuration: WebConfiguration
  let descriptors: [CInt]
  /// nil: plain HTTP for everybody.
  let file: WebConfigurationSource?
  let source: any SnapshotSource
  let version: String
  let logger: Logger
  let encode: ScrapeQueue.Encoder
  private let state = Mutex(State.new)

  /// Listens on the addresses of the configuration.
  package convenience init(
    configuration: WebConfiguration, file: WebConfigurationSource? = nil, source: any SnapshotSource, version: String,
    logger: Logger
  ) {
    self.init(
      configuration: configuration, file: file, descriptors: [], source: source, version: version, logger: logger)
  }

  /// Listens on sockets that are open and bound already, as systemd passes them (`LISTEN_FDS`), instead of the addresses
  /// of the configuration. The server owns `descriptors` from `start` on.
  package convenience init(
    configuration: WebConfiguration, file: WebConfigurationSource? = nil, inheriting descriptors: [CInt],
    source: any SnapshotSource, version: String, logger: Logger
  ) {
    self.init(
      configuration: configuration, file: file, descriptors: descriptors, source: source, version: version,
      logger: logger)
  }

  init(
    configuration: WebConfiguration, file: WebConfigurationSource? = nil, descriptors: [CInt],
    source: any SnapshotSource, version: String, logger: Logger,
    encode: ScrapeQueue.Encoder? = nil
  ) {
    self.configuration = configuration
    self.file = file
    self.descriptors = descriptors
    self.source = file.map { SourceWithConfiguration(source: source, file: $0) } ?? source
    self.version = version
    self.logger = logger
    self.encode =
      encode
      ?? { [created = configuration.showsCreated, native = configuration.hasNativeHistograms] in
        $0.encode(as: $1, created: created, native: native, $2)
      }
  }

  /// Begins to serve. Returns the addresses in the order of the configuration; a port 0 has become the one it got.
  package func start() async throws(WebServerError) -> [BoundAddress] {
    let mayStart = state.withLock { state in
      guard case .new = state else { return false }
      state = .starting
      return true
    }
    precondition(mayStart, "a web server starts once")
    let running: RunningServer
    do {
      running = try await RunningServer.start(self)
    } catch {
      state.withLock { $0 = .stopped }
      throw error
    }
    state.withLock { $0 = .running(running) }
    for address in running.addresses { logger.info("listening", metadata: ["address": "\(address)"]) }
    return running.addresses
  }

  /// Stops accepting, closes idle connections at once and lets responses in hand finish, for `timeouts.shutdown` at most.
  package func shutdown() async {
    let running: RunningServer? = state.withLock { state in
      guard case .running(let running) = state else { return nil }
      state = .stopped
      return running
    }
    await running?.stop(within: configuration.timeouts.shutdown)
  }
}
