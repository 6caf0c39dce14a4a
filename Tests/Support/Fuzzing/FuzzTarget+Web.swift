import Collecting
import Exposition
import Logging
import NIOCore
import NIOEmbedded
import NIOPosix
import Synchronization

@testable import Web

/// Nothing to collect.
private struct EmptySource: SnapshotSource {
  var states: [CollectorState] { [CollectorState(name: "cpu", summary: "none", failure: nil)] }
  var isReady: Bool { true }
  var hang: Hang? { nil }
  func partial(of selection: CollectorSelection) -> [Snapshot]? { nil }
  func collect(_ selection: CollectorSelection) -> [Snapshot] { [] }
}

extension FuzzTarget {
  /// Bytes of a connection, in pieces whose sizes the first byte gives.
  static let request = FuzzTarget(
    "request",
    [
      "\u{40}GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: text/plain;version=0.0.4\r\nAccept-Encoding: gzip;q=0.5\r\n\r\n",
      "\u{5}HEAD /?collect[]=cpu&exclude%5B%5D=%zz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
      "\u{1}POST /-/ready HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
      "\u{7}GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET http://x/-/healthy HTTP/1.1\r\nHost: b\r\n\r\n",
    ]
  ) { bytes in
    let loop = EmbeddedEventLoop()
    let logger = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
    guard let configuration = try? WebConfiguration() else { return }
    let source = EmptySource()
    let context = ServerContext(
      router: Router(telemetryPath: "/metrics", version: "1", source: source), admission: nil,
      scrapes: ScrapeQueue(
        source: source, encode: { _, _, _ in }, threads: NIOThreadPool(numberOfThreads: 1), eventLoop: loop,
        maxRequests: 2),
      connections: Connections(configuration, logger: logger), turns: Turns(eventLoop: loop),
      configuration: configuration, logger: logger)
    let channel = EmbeddedChannel(loop: loop)
    try? RunningServer.addHandlers(to: channel, context)
    channel.connect(to: try! SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    let size = max(1, Int(bytes.first ?? 1))
    var rest = bytes.dropFirst()
    while !rest.isEmpty && channel.isActive {
      _ = try? channel.writeInbound(ByteBuffer(bytes: rest.prefix(size)))
      // what was sent ahead has its turn
      loop.advanceTime(by: .milliseconds(100))
      rest = rest.dropFirst(size)
      while (try? channel.readOutbound(as: IOData.self)) != nil {}
    }
    loop.advanceTime(by: .hours(1))
    _ = try? channel.finish(acceptAlreadyClosed: true)
  }

  /// Values of header fields, a line each.
  static let fields = FuzzTarget(
    "fields",
    [
      "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.25,*/*;q=0.1\ngzip;q=1.0, *;q=0\n0.25",
      "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6\nidentity\n1e3",
      "text/plain; a=\"b\\\"c;,\";escaping=allow-utf-8;q=1.000\ndeflate\n-3",
    ]
  ) { bytes in
    let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 2, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    _ = ContentNegotiation.format(accept: [lines[0]])
    if lines.count > 1 { _ = ContentNegotiation.acceptsGzip(acceptEncoding: [lines[1]]) }
    if lines.count > 2 { _ = Request.patience(timeout: lines[2]) }
    _ = Request(.get, lines[0])
  }

  /// Whole files.
  static let webConfiguration = FuzzTarget(
    "web-configuration",
    [
      """
      tls_server_config:
        cert_file: a.pem
        key_file: b.pem
        client_auth_type: RequireAndVerifyClientCert
        client_ca_file: ca.pem
        client_allowed_sans: [a, "b"]
        min_version: TLS12
        cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]
        curve_preferences: [CurveP256]
      http_server_config:
        http2: false
        headers:
          X-Frame-Options: deny
          Strict-Transport-Security: max-age=31536000
      rate_limit:
        interval: 1m30.5s
        burst: 20
      basic_auth_users:
        alice: $2y$10$YPb8ZfXUyVW9J9XcTyD1bOc3BXNO1mQz8sV8M7lQWlrQJbQj9Qn2S
      """, "{tls_server_config: {cert: |\n}", "a: &b [*b]\n", "rate_limit: {interval: -1ns, burst: 1e9}\n",
    ]
  ) { bytes in
    _ = try? WebConfigurationFile(parsing: bytes, path: "/web.yml")
  }

  static let authorization = FuzzTarget(
    "authorization",
    [
      "Basic YWxpY2U6c2VjcmV0", "basic Og==", "Bearer abc",
      "$2y$04$YPb8ZfXUyVW9J9XcTyD1bOc3BXNO1mQz8sV8M7lQWlrQJbQj9Qn2S",
      "$2$05$YPb8ZfXUyVW9J9XcTyD1bOc3BXNO1mQz8sV8M7lQWlrQJbQj9Qn2Sxx",
    ]
  ) { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    let credentials = BasicCredentials(field: text)
    guard let hash = try? BcryptHash(parsing: text), hash.cost <= 4 else { return }
    _ = hash.matches(credentials?.password ?? bytes)
  }
}
