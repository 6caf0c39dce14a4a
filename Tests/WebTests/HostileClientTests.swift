import Exposition
import Testing

@testable import Web

/// Clients that are wrong, slow or up to no good. The time-outs are short, but nothing depends on how short.
@Suite(.timeLimit(.minutes(2))) struct HostileClientTests {
  private let all = "/metrics?exclude[]=power"

  @Test(
    "What is not HTTP is refused and the connection closed",
    arguments: [
      "\u{16}\u{03}\u{01}\u{02}\u{00}\u{01}\u{00}\u{01}\u{fc}\u{03}\u{03}\r\n", "hello\r\n\r\n", "GET\r\n\r\n",
      "GET /metrics HTTP/1.1\r\nHo st: x\r\n\r\n", "GET /metrics HTTP/1.1\r\n\r\n",
      "GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: nine\r\n\r\n",
      "GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "GET /metrics\u{00} HTTP/1.1\r\nHost: x\r\n\r\n",
    ])
  func garbage(text: String) async throws {
    try await TestServer.run { server in
      let client = try server.client()
      client.send(text)
      let response = try client.response()
      #expect(response.status == 400)
      #expect(response.headers["connection"] == "close")
      client.closeOutput()
      #expect(try client.rest().isEmpty)
      #expect(server.source.collections.isEmpty)
    }
  }

  @Test(
    "Other versions of HTTP are refused", arguments: ["GET / HTTP/2.0\r\nHost: x\r\n\r\n", "GET / HTTP/3.1\r\n\r\n"])
  func versions(text: String) async throws {
    try await TestServer.run { server in
      let client = try server.client()
      client.send(text)
      #expect([400, 505].contains(try client.response().status))
      client.closeOutput()
      #expect(try client.rest().isEmpty)
    }
  }

  @Test("A request cut off is refused")
  func cutOff() async throws {
    try await TestServer.run { server in
      let client = try server.client()
      client.send("GET /metrics HTTP/1.1\r\nHost: ")
      client.closeOutput()
      #expect(try client.response().status == 400)
      #expect(try client.rest().isEmpty)
    }
  }

  @Test(
    "What is too large is refused with its own status, whole or never ending",
    arguments: [
      ("GET /" + String(repeating: "x", count: 8 << 10) + " HTTP/1.1\r\nHost: x\r\n\r\n", 414),
      ("GET /" + String(repeating: "x", count: 1 << 18), 414),
      ("GET / HTTP/1.1\r\nHost: x\r\nA: " + String(repeating: "x", count: 17 << 10) + "\r\n\r\n", 431),
      ("GET / HTTP/1.1\r\nHost: x\r\nA: " + String(repeating: "x", count: 1 << 18), 431),
      ("GET / HTTP/1.1\r\nHost: x\r\n" + String(repeating: "A: b\r\n", count: 1000) + "\r\n", 431),
      ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + String(repeating: "x", count: 1 << 18), 413),
      ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n", 413),
      (
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
          + String(repeating: "400\r\n" + String(repeating: "x", count: 1024) + "\r\n", count: 256), 413
      ),
    ])
  func oversized(text: String, status: Int) async throws {
    try await TestServer.run { server in
      let client = try server.client()
      client.send(text)
      #expect(try client.response().status == status)
      client.closeOutput()
      #expect(try client.rest().isEmpty)
      #expect(try server.get("/-/healthy").status == 200)
    }
  }

  @Test("A refused request that never ends is cut off", arguments: [1, 1 << 16])
  func endless(pieces size: Int) async throws {
    // Large pieces exhaust the bytes that are thrown away, small ones the time.
    try await TestServer.run(timeouts: { $0.linger = size == 1 ? .milliseconds(50) : .seconds(3600) }) { server in
      let client = try server.client()
      client.send("hello\r\n\r\n")
      #expect(try client.response().status == 400)
      try await eventually { !client.send(String(repeating: "x", count: size)) }
    }
  }

  @Test("A request that drips in is cut off, and others are answered meanwhile")
  func slowloris() async throws {
    try await TestServer.run(timeouts: { $0.request = .milliseconds(300) }) { server in
      let client = try server.client()
      client.send("GET /metrics HTTP/1.1\r\nHost: x\r\nA: ")
      #expect(try server.get("/metrics").status == 200)
      try await eventually { !client.send("x") }
      #expect(server.log.contains("awaited=request"))
    }
  }

  @Test("The clock runs from the first byte of later requests too, and through the body")
  func slowlorisLater() async throws {
    try await TestServer.run(timeouts: { $0.request = .milliseconds(300) }) { server in
      for start in ["GET /metrics HTTP/1.1\r\n", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4096\r\n\r\n"] {
        let client = try server.client()
        client.send(Client.request("/-/healthy"))
        #expect(try client.response().status == 200)
        client.send(start)
        try await eventually { !client.send("x") }
      }
    }
  }

  @Test("A connection that says nothing is closed")
  func silence() async throws {
    try await TestServer.run(timeouts: { $0.request = .milliseconds(50) }) { server in
      let client = try server.client()
      #expect(try client.rest().isEmpty)
    }
  }

  @Test("A connection that is idle for too long is closed")
  func idle() async throws {
    try await TestServer.run(timeouts: { $0.idle = .milliseconds(50) }) { server in
      let client = try server.client()
      client.send(Client.request("/-/healthy"))
      #expect(try client.response().status == 200)
      #expect(try client.rest().isEmpty)
      #expect(server.log.contains("awaited=idle"))
    }
  }

  @Test("Waiting for a collection is no reason to be closed")
  func patience() async throws {
    try await TestServer.run(
      source: FakeSource(isHeld: true),
      timeouts: {
        $0.request = .milliseconds(50)
        $0.idle = .milliseconds(50)
        $0.response = .milliseconds(50)
      }
    ) { server in
      let client = try server.client()
      client.send(Client.request("/metrics"))
      try await eventually { server.source.collections.count == 1 }
      // Later connections are closed by the same clocks, so that those have run by now.
      #expect(try server.client().rest().isEmpty)
      server.source.release()
      #expect(try client.response().status == 200)
    }
  }

  @Test("A client that does not read its response delays nobody and is closed")
  func notReading() async throws {
    let size = 32 << 20
    try await TestServer.run(
      encoder: FakeEncoder(firstBytes: size), timeouts: { $0.response = .milliseconds(500) }
    ) { server in
      let client = try server.client()
      client.send(Client.request("/metrics"))
      try await eventually { server.encoder.renderings == 1 }
      #expect(try server.get("/metrics").text == FakeEncoder.text(2, .prometheus))
      try await eventually { server.log.contains("awaited=response") }
      #expect(try client.rest().count < size)
    }
  }

  @Test("Those who do not read hold no more than so many responses")
  func unreadResponses() async throws {
    let size = 32 << 20
    try await TestServer.run(
      source: FakeSource(isHeld: true), encoder: FakeEncoder(firstBytes: size), maxRequests: 2,
      limits: { $0.unreadResponses = 2 },
      timeouts: { $0.response = .seconds(3600) }
    ) { server in
      let clients = try (0..<2).map { _ in try server.client() }
      for client in clients { client.send(Client.request(all)) }
      try await eventually { server.source.questions == 2 }
      server.source.release()
      try await eventually { clients.allSatisfy(\.hasResponse) }
      #expect(try server.get("/metrics").text == FakeEncoder.text(2, .prometheus))
      // Only one of the two had to make room.
      let wholes = clients.count { (try? $0.response().body.count) == size }
      #expect(wholes == 1)
    }
  }

  @Test("Those who do not read hold no more than so many bytes, and a text that is shared counts once")
  func unreadBytes() async throws {
    // more than the sockets hold
    let size = 12 << 20
    try await TestServer.run(
      source: FakeSource(isHeld: true), encoder: FakeEncoder(firstBytes: size, others: size),
      limits: { $0.unreadBytes = size * 5 / 2 },
      timeouts: {
        $0.response = .seconds(3600)
        // those that wait for their turn here have none under way
        $0.request = .seconds(3600)
      }
    ) { server in
      // three of one text, then one each of two more
      let first = try (0..<3).map { _ in try server.client() }
      for client in first { client.send(Client.request(all)) }
      try await eventually { server.source.questions == 3 }
      server.source.release()
      try await eventually { first.allSatisfy(\.hasResponse) }
      let others = try (0..<2).map { _ in try server.client() }
      for client in others {
        client.send(Client.request(all))
        try await eventually { client.hasResponse }
      }
      // The first text made room, with all who had it.
      for client in first { #expect(throws: (any Error).self) { try client.response() } }
      for client in others { #expect(try client.response().body.count == size) }
    }
  }

  @Test("A text that exceeds the bound by itself is sent all the same")
  func largeResponse() async throws {
    try await TestServer.run(encoder: FakeEncoder(firstBytes: 4096), limits: { $0.unreadBytes = 1024 }) { server in
      let response = try server.get("/metrics")
      #expect(response.body.count == 4096)
    }
  }

  @Test("One connection too many displaces the one that has least to lose")
  func connectionLimit() async throws {
    try await TestServer.run(limits: { $0.connections = 2 }) { server in
      let served = try server.client()
      served.send(Client.request("/-/healthy"))
      #expect(try served.response().status == 200)
      let silent = try server.client()
      let late = try server.client()
      #expect(try silent.rest().isEmpty)
      for client in [served, late] {
        client.send(Client.request("/-/healthy"))
        #expect(try client.response().status == 200)
      }
    }
  }

  @Test("Where all connections have a request in hand a new one is closed")
  func connectionLimitBusy() async throws {
    try await TestServer.run(source: FakeSource(isHeld: true), limits: { $0.connections = 2 }) { server in
      let clients = try (0..<2).map { _ in try server.client() }
      for client in clients { client.send(Client.request(all)) }
      try await eventually { server.source.questions == 2 }
      #expect(try server.client().rest().isEmpty)
      #expect(server.log.contains("turned_away=1"))
      server.source.release()
      for client in clients { #expect(try client.response().status == 200) }
    }
  }

  @Test("Whoever pipelines too much is cut off after the answers")
  func pipelining() async throws {
    try await TestServer.run(limits: { $0.pipelinedRequests = 2 }) { server in
      let client = try server.client()
      // In one piece, so that all are decoded before the first collection is over.
      client.send(Client.request("/metrics") + String(repeating: "GET / HTTP/1.0\r\n\r\n", count: 20))
      #expect(try client.response().status == 200)
      #expect(try client.response().headers["connection"] == "close")
      #expect(try client.rest().isEmpty)
    }
  }
}
