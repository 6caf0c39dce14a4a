import Logging
import NIOCore
import NIOEmbedded
import NIOPosix
import Testing

@testable import Web

/// The time-outs, on a clock that the test moves.
@Suite struct ClockTests {
  private struct Connection {
    let loop = EmbeddedEventLoop()
    let channel: EmbeddedChannel
    let scrapes: ScrapeQueue

    init() throws {
      let configuration = try WebConfiguration()
      let source = FakeSource()
      let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
      scrapes = ScrapeQueue(
        source: source, encode: { _, _, _ in }, threads: NIOThreadPool(numberOfThreads: 1), eventLoop: loop,
        maxRequests: 0)
      channel = EmbeddedChannel(loop: loop)
      try RunningServer.addHandlers(
        to: channel,
        ServerContext(
          router: Router(telemetryPath: "/metrics", version: "1", source: source), admission: nil, scrapes: scrapes,
          connections: Connections(configuration, logger: logger), turns: Turns(eventLoop: loop),
          configuration: configuration,
          logger: logger))
      channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    }

    func receive(_ text: String) throws { try channel.writeInbound(ByteBuffer(string: text)) }

    /// Whether the connection is still open after so many more seconds.
    func isOpen(after seconds: Int64) -> Bool {
      loop.advanceTime(by: .seconds(seconds))
      return channel.isActive
    }
  }

  private let request = "GET /-/healthy HTTP/1.1\r\nHost: test\r\n\r\n"

  @Test("A first request has ten seconds from the connection on, however it drips in")
  func firstRequest() throws {
    let connection = try Connection()
    #expect(connection.isOpen(after: 5))
    for byte in ["G", "E", "T", " "] {
      try connection.receive(byte)
      #expect(connection.isOpen(after: 1))
    }
    #expect(!connection.isOpen(after: 1))
  }

  @Test("A later request has ten seconds from its first byte on")
  func laterRequest() throws {
    let connection = try Connection()
    try connection.receive(request)
    #expect(connection.isOpen(after: 100))
    try connection.receive("G")
    #expect(connection.isOpen(after: 9))
    try connection.receive("ET")
    #expect(!connection.isOpen(after: 1))
  }

  @Test("The head's end does not stop the clock where a body is to come")
  func body() throws {
    let connection = try Connection()
    try connection.receive("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\n")
    #expect(connection.isOpen(after: 9))
    try connection.receive("x")
    #expect(!connection.isOpen(after: 1))
  }

  @Test("What was pipelined in part has ten seconds as well")
  func pipelined() throws {
    let connection = try Connection()
    try connection.receive(request + "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\n")
    #expect(connection.isOpen(after: 9))
    // they began with its turn, a moment later
    #expect(!connection.isOpen(after: 2))
  }

  @Test("An idle connection lives for two minutes after each response")
  func idle() throws {
    let connection = try Connection()
    for _ in 0..<3 {
      try connection.receive(request)
      #expect(connection.isOpen(after: 119))
    }
    #expect(!connection.isOpen(after: 1))
  }

  @Test("While a collection is awaited only the client's own time runs, and a client that goes is forgotten")
  func waiting() throws {
    let connection = try Connection()
    try connection.receive("GET /metrics HTTP/1.1\r\nHost: test\r\nX-Prometheus-Scrape-Timeout-Seconds: 500\r\n\r\n")
    #expect(connection.scrapes.waiting == 1)
    #expect(connection.isOpen(after: 499))
    #expect(connection.scrapes.waiting == 1)
    connection.channel.close(promise: nil)
    connection.loop.run()
    #expect(connection.scrapes.waiting == 0)
  }

  @Test("A refused client gets a second to read why")
  func refused() throws {
    let connection = try Connection()
    try connection.receive("hello\r\n\r\n")
    let response = try #require(try connection.channel.readOutbound(as: ByteBuffer.self))
    #expect(String(buffer: response).hasPrefix("HTTP/1.1 400 "))
    try connection.receive("more")
    #expect(!connection.isOpen(after: 1))
  }
}
