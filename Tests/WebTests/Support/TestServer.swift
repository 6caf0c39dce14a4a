import Foundation
import Logging
import Synchronization

@testable import Web

/// Messages that the server logged.
final class LogRecord: Sendable {
  private let lines = Mutex<[String]>([])

  var all: [String] { lines.withLock { $0 } }
  func append(_ line: String) { lines.withLock { $0.append(line) } }
  func contains(_ part: String) -> Bool { all.contains { $0.contains(part) } }
}

private struct RecordingHandler: LogHandler {
  let record: LogRecord
  var logLevel = Logger.Level.debug
  var metadata: Logger.Metadata = [:]

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let metadata = (event.metadata ?? [:]).map { "\($0)=\($1)" }.sorted().joined(separator: " ")
    record.append("\(event.message) \(metadata)")
  }
}

/// A server on a free port of the loopback address.
struct TestServer {
  let source: FakeSource
  let encoder: FakeEncoder
  let log: LogRecord
  let server: WebServer
  let addresses: [BoundAddress]

  var port: Int { addresses[0].port! }

  static func make(
    _ addresses: [String] = ["127.0.0.1:0"], source: FakeSource = FakeSource(), encoder: FakeEncoder = FakeEncoder(),
    maxRequests: Int = 40, inheriting descriptors: [CInt] = [], file: String? = nil, log: LogRecord = LogRecord(),
    limits change: (inout WebLimits) -> Void = { _ in }, timeouts changeTimeouts: (inout WebTimeouts) -> Void = { _ in }
  ) throws -> WebServer {
    var limits = WebLimits()
    var timeouts = WebTimeouts()
    change(&limits)
    changeTimeouts(&timeouts)
    let configuration = try WebConfiguration(
      listenAddresses: addresses.map { try ListenAddress(parsing: $0) }, maxRequests: maxRequests, limits: limits,
      timeouts: timeouts)
    let logger = Logger(label: "test") { _ in RecordingHandler(record: log) }
    return WebServer(
      configuration: configuration,
      file: try file.map { try WebConfigurationSource(path: $0, timeouts: timeouts, logger: logger) },
      descriptors: descriptors, source: source, version: "1.2.3 <test>", logger: logger,
      encode: { encoder.encode($0, $1, $2) })
  }

  /// Runs `body` against a server, which is shut down afterwards.
  static func run(
    _ addresses: [String] = ["127.0.0.1:0"], source: FakeSource = FakeSource(), encoder: FakeEncoder = FakeEncoder(),
    maxRequests: Int = 40, inheriting descriptors: [CInt] = [], file: String? = nil,
    limits: (inout WebLimits) -> Void = { _ in },
    timeouts: (inout WebTimeouts) -> Void = { _ in }, _ body: (TestServer) async throws -> Void
  ) async throws {
    let log = LogRecord()
    let server = try make(
      addresses, source: source, encoder: encoder, maxRequests: maxRequests, inheriting: descriptors, file: file,
      log: log,
      limits: limits, timeouts: timeouts)
    let bound = try await server.start()
    let result: Result<Void, any Error>
    do {
      try await body(
        TestServer(source: source, encoder: encoder, log: log, server: server, addresses: bound))
      result = .success(())
    } catch {
      result = .failure(error)
    }
    source.release()
    await server.shutdown()
    try result.get()
  }

  func client(from source: String? = nil) throws -> Client { try Client(port: port, from: source) }

  /// One request on a connection of its own.
  func get(_ target: String, method: String = "GET", headers: [String] = []) throws -> Client.Response {
    let client = try client()
    client.send(Client.request(target, method: method, headers: headers))
    return try client.response(toHead: method == "HEAD")
  }
}

struct Overdue: Error {}

/// Waits for something to come true; the deadline only ends a test that has failed.
func eventually(_ condition: () -> Bool) async throws {
  for _ in 0..<6000 {
    if condition() { return }
    try await Task.sleep(for: .milliseconds(5))
  }
  throw Overdue()
}
