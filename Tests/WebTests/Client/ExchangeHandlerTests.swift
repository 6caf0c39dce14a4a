import Exposition
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import Web

@Suite struct ExchangeHandlerTests {
  /// What the client sends, and what it makes of the answer.
  private static func exchange(
    _ answer: String, authorization: String? = nil
  ) throws -> (sent: String, result: Result<ExporterClient.Answer, any Error>) {
    let address = try ExporterAddress(parsing: "http://host:10418/metrics?collect[]=cpu")
    let channel = EmbeddedChannel()
    let promise = channel.eventLoop.makePromise(of: ExporterClient.Answer.self)
    try channel.pipeline.syncOperations.addHTTPClientHandlers()
    try channel.pipeline.syncOperations.addHandler(
      ExchangeHandler(address, authorization: authorization, answer: promise))
    channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    var sent = ""
    while let part = try channel.readOutbound(as: ByteBuffer.self) { sent += String(buffer: part) }
    _ = try? channel.writeInbound(ByteBuffer(string: answer))
    _ = try? channel.finish(acceptAlreadyClosed: true)
    return (sent, Result { try promise.futureResult.wait() })
  }

  private static func answer(_ status: String = "200 OK", type: String, _ body: String = "a 1\n") -> String {
    "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  @Test func itAsksForTextAndSaysWhoItIs() throws {
    let sent = try Self.exchange(Self.answer(type: "text/plain"), authorization: "Basic eDp5").sent
    #expect(sent.hasPrefix("GET /metrics?collect[]=cpu HTTP/1.1\r\n"))
    #expect(sent.contains("\r\nHost: host:10418\r\n"))
    #expect(sent.contains("\r\nAuthorization: Basic eDp5\r\n"))
    #expect(sent.contains("openmetrics-text;version=1.0.0") && !sent.contains("Accept-Encoding"))
  }

  @Test(arguments: [
    ("text/plain; version=0.0.4; charset=utf-8", TextFormat.prometheus),
    ("application/openmetrics-text; version=1.0.0; charset=utf-8", .openMetrics),
  ])
  func theFormatIsThatOfTheContentType(type: String, format: TextFormat) throws {
    let answer = try Self.exchange(Self.answer(type: type, "a 1\nb 2\n")).result.get()
    #expect(answer.format == format)
    #expect(answer.body == Array("a 1\nb 2\n".utf8))
  }

  @Test(arguments: [
    (answer(type: "text/html"), "no metrics"), (answer("404 Not Found", type: "text/plain"), "404 Not Found"),
    (answer("401 Unauthorized", type: "text/plain"), "user and a password"),
    (
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 99\r\n\r\na 1\n", "ended"
    ),
    ("SSH-2.0-OpenSSH\r\n", "no answer"), ("", "before its answer was complete"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\na 1\n", "no metrics"),
  ])
  func whatIsNoAnswerIsOneError(answer: String, word: String) throws {
    let result = try Self.exchange(answer).result
    let error = try #require(throws: (any Error).self) { _ = try result.get() }
    let address = try ExporterAddress(parsing: "http://host:10418")
    #expect(ExporterClientError(address, error).description.contains(word), "\(error)")
  }

  @Test func credentialsAreWhatTheServerReads() {
    for user in ["", "prom", "ü"] {
      for password in ["", "a", "ab", "abc", "a:b", "\u{0}\u{7F}ÿ"] {
        let credentials = BasicCredentials(user: Array(user.utf8), password: Array(password.utf8))
        #expect(BasicCredentials(field: credentials.field) == credentials)
      }
    }
  }
}
