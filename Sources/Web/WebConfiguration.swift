internal import ByteText

/// How the web server listens and what it puts up with.
package struct WebConfiguration: Sendable {
  package static let defaultListenAddress = ListenAddress(host: .any, port: 10418)
  package static let defaultTelemetryPath = "/metrics"
  /// As node_exporter's `--web.max-requests`.
  package static let defaultMaxRequests = 40

  package let listenAddresses: [ListenAddress]
  package let telemetryPath: String
  /// How many scrapes may wait for a collection at a time; further ones get 503. 0: any number.
  package let maxRequests: Int
  /// Whether OpenMetrics text says when each counter began.
  package let showsCreated: Bool
  /// Whether histograms of protobuf are native, too.
  package let hasNativeHistograms: Bool
  package let limits: WebLimits
  package let timeouts: WebTimeouts

  /// Throws where the telemetry path is not a path, or is one of the server's own.
  package init(
    listenAddresses: [ListenAddress] = [defaultListenAddress], telemetryPath: String = defaultTelemetryPath,
    maxRequests: Int = defaultMaxRequests, showsCreated: Bool = false, hasNativeHistograms: Bool = false,
    limits: WebLimits = WebLimits(),
    timeouts: WebTimeouts = WebTimeouts()
  ) throws(WebConfigurationError) {
    func failure(_ problem: String, _ cure: String) -> WebConfigurationError {
      WebConfigurationError(message: "telemetry path \"\(telemetryPath)\" \(problem)", cure: cure)
    }
    guard telemetryPath.begins(with: "/") else { throw failure("does not begin with '/'", "write /\(telemetryPath)") }
    guard telemetryPath.utf8.allSatisfy({ 0x21...0x7e ~= $0 && !"\"#%<>?".utf8.contains($0) }) else {
      throw failure("has characters that a path cannot have", "use letters, digits, '/', '-', '_' and '.'")
    }
    guard !Router.ownPaths.contains(telemetryPath) else {
      throw failure("is a page of wattprobe itself", "choose another, such as \(Self.defaultTelemetryPath)")
    }
    guard maxRequests >= 0 else {
      throw WebConfigurationError(message: "--web.max-requests \(maxRequests) is negative", cure: "give 0 for no limit")
    }
    self.listenAddresses = listenAddresses
    self.telemetryPath = telemetryPath
    self.maxRequests = maxRequests
    self.showsCreated = showsCreated
    self.hasNativeHistograms = hasNativeHistograms
    self.limits = limits
    self.timeouts = timeouts
  }
}

/// A setting of the web server that cannot be used.
package struct WebConfigurationError: Error, Hashable, CustomStringConvertible {
  package let message: String
  package let cure: String

  package var description: String { "\(message): \(cure)" }
}

/// Bounds on what clients can make the server hold. What exceeds them is refused or closed.
package struct WebLimits: Sendable, Hashable {
  /// Connections open at a time. For one more, the one that has least to lose is closed (`Connections.makeRoom`).
  package var connections = 512
  /// Responses that clients have not fully taken yet, each of which may hold a snapshot's text in memory. For one more, the
  /// oldest is cut off. At least `maxRequests` are allowed, and any number where those have no limit.
  package var unreadResponses = 64
  /// Bytes of the texts of those responses, each counted once however many clients are sent it. For more, the oldest are cut
  /// off: a client that does not read must not take the memory that the service has.
  package var unreadBytes = 64 << 20
  /// Bytes of a request's target.
  package var targetBytes = 8 << 10
  /// Bytes of the names and values of a request's header fields, and of its target.
  package var headerBytes = 16 << 10
  package var headerFields = 100
  /// Bytes of a request body, which no route reads.
  package var bodyBytes = 4 << 10
  /// Requests that may wait for a password to be checked, which takes a CPU for a while; further ones get 503.
  package var waitingLogins = 32
  /// Requests that a client may send ahead of the response to the first.
  package var pipelinedRequests = 100

  package init() {}
}

/// How long the server waits for clients.
package struct WebTimeouts: Sendable, Hashable {
  /// From the connection, or a later request's first byte, to the request's end. Further bytes do not prolong it.
  package var request = Duration.seconds(10)
  /// From a response to the next request's first byte.
  package var idle = Duration.seconds(120)
  /// From the first byte of a response to its last. Slow reading does not prolong it.
  package var response = Duration.seconds(30)
  /// For how long the rest of a refused request is read and thrown away, so that the client gets to see the refusal.
  package var linger = Duration.seconds(1)
  /// For how long TLS waits for a client's farewell after its own. What a connection took in memory, some 60 KB, is held as
  /// long, whenever it has closed.
  package var farewell = Duration.milliseconds(250)
  /// What responses in hand get when the server stops.
  package var shutdown = Duration.milliseconds(1500)

  package init() {}
}
