import Collecting
import Exposition
import Logging
import Testing

@testable import Web

@Suite(.timeLimit(.minutes(2))) struct ServingTests {
  @Test("Scrapes are answered in the format asked for", arguments: ExpositionFormat.allCases)
  func formats(format: ExpositionFormat) async throws {
    try await TestServer.run { server in
      let response = try server.get("/metrics", headers: ["Accept: \(format.contentType)"])
      #expect(response.status == 200)
      #expect(response.headers["content-type"] == format.contentType)
      #expect(response.headers["vary"] == "Accept, Accept-Encoding")
      #expect(response.headers["content-encoding"] == nil)
      #expect(response.headers["x-content-type-options"] == "nosniff")
      #expect(response.headers["date"] != nil)
      #expect(response.headers["server"] == nil)
      #expect(response.text == FakeEncoder.text(1, format))
    }
  }

  @Test("Without further ado snapshots are written by their own encoders")
  func realEncoder() async throws {
    let configuration = try WebConfiguration(listenAddresses: [ListenAddress(parsing: "127.0.0.1:0")])
    let server = WebServer(
      configuration: configuration, source: FakeSource(), version: "1", logger: Logger(label: "test"))
    let client = try Client(port: try await server.start()[0].port!)
    client.send(Client.request("/metrics", headers: ["Accept: \(ExpositionFormat.openMetrics.contentType)"]))
    #expect(try client.response().text.hasSuffix("# EOF\n"))
    await server.shutdown()
  }

  @Test("The compressed body inflates to the plain one")
  func compression() async throws {
    try await TestServer.run(encoder: FakeEncoder(firstBytes: 100_000)) { server in
      let response = try server.get("/metrics", headers: ["Accept-Encoding: gzip"])
      #expect(response.headers["content-encoding"] == "gzip")
      #expect(response.headers["vary"] == "Accept, Accept-Encoding")
      #expect(response.body.count < 10_000)
      let text = try #require(gunzip(response.body))
      #expect(text.count == 100_000)
      #expect(text.starts(with: FakeEncoder.text(1, .prometheus).utf8))
    }
  }

  @Test(
    "HEAD gets what GET gets, without the body", arguments: ["/metrics", "/", "/-/healthy", "/nowhere", "/page.js"])
  func head(path: String) async throws {
    try await TestServer.run { server in
      let client = try server.client()
      client.send(Client.request(path))
      let get = try client.response()
      client.send(Client.request(path, method: "HEAD"))
      let head = try client.response(toHead: true)
      #expect(head.status == get.status)
      #expect(head.headers["content-length"] == "\(get.body.count)")
      #expect(head.headers["content-type"] == get.headers["content-type"])
      // Had a body come, it would be taken for the start of this response.
      client.send(Client.request("/-/healthy"))
      #expect(try client.response().text == "healthy\n")
    }
  }

  @Test("Each page has its status")
  func statuses() async throws {
    try await TestServer.run(source: FakeSource(isReady: false)) { server in
      #expect(try server.get("/-/healthy").status == 200)
      #expect(try server.get("/-/ready").status == 503)
      #expect(try server.get("/nowhere").status == 404)
      #expect(try server.get("/metrics?collect[]=nope").status == 400)
      let refused = try server.get("/metrics", method: "POST", headers: ["Content-Length: 0"])
      #expect(refused.status == 405)
      #expect(refused.headers["allow"] == "GET, HEAD")
      let page = try server.get("/")
      #expect(page.status == 200)
      #expect(page.text.contains("1.2.3 &lt;test&gt;"))
      #expect(page.headers["content-security-policy"] != nil)
    }
  }

  @Test("The selection reaches the source")
  func selection() async throws {
    try await TestServer.run { server in
      _ = try server.get("/metrics?collect[]=cpu&collect%5B%5D=disk&exclude[]=disk")
      #expect(server.source.collections == [CollectorSelection(collect: ["cpu", "disk"], exclude: ["disk"])])
    }
  }

  @Test("A connection serves many requests, each with a collection of its own")
  func keepAlive() async throws {
    try await TestServer.run { server in
      let client = try server.client()
      for number in 1...20 {
        client.send(Client.request("/metrics"))
        #expect(try client.response().text == FakeEncoder.text(Int64(number), .prometheus))
      }
    }
  }

  @Test("Pipelined requests are answered in order")
  func pipelining() async throws {
    try await TestServer.run { server in
      let client = try server.client()
      let paths = ["/metrics", "/-/healthy", "/nowhere", "/metrics", "/-/ready"]
      client.send(paths.map { Client.request($0) }.joined())
      var texts: [String] = []
      for _ in paths { texts.append(try client.response().text) }
      #expect(texts[0] == FakeEncoder.text(1, .prometheus))
      #expect(texts[1] == "healthy\n")
      #expect(texts[2].hasPrefix("Not found"))
      #expect(texts[3] == FakeEncoder.text(2, .prometheus))
      #expect(texts[4].hasPrefix("ready"))
    }
  }

  @Test("Many pipelined requests are no trouble")
  func muchPipelining() async throws {
    try await TestServer.run(limits: { $0.pipelinedRequests = 1000 }) { server in
      let client = try server.client()
      client.send(String(repeating: Client.request("/-/healthy"), count: 1000))
      for _ in 0..<1000 { #expect(try client.response().status == 200) }
    }
  }

  @Test("HTTP/1.0 and Connection: close end the connection after the response")
  func closing() async throws {
    try await TestServer.run { server in
      for request in [
        "GET /-/healthy HTTP/1.0\r\n\r\n", Client.request("/-/healthy", headers: ["Connection: close"]),
      ] {
        let client = try server.client()
        client.send(request)
        let response = try client.response()
        #expect(response.status == 200)
        #expect(response.headers["connection"] == "close")
        #expect(try client.rest().isEmpty)
      }
      let client = try server.client()
      client.send("GET /-/healthy HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
      #expect(try client.response().headers["connection"] == "keep-alive")
      client.send("GET /-/healthy HTTP/1.0\r\n\r\n")
      #expect(try client.response().status == 200)
    }
  }

  @Test("An attempt to upgrade gets an ordinary answer", arguments: ["h2c", "websocket"])
  func upgrade(to other: String) async throws {
    try await TestServer.run { server in
      let client = try server.client()
      client.send(Client.request("/-/healthy", headers: ["Connection: Upgrade", "Upgrade: \(other)"]))
      #expect(try client.response().headers["connection"] == "close")
      #expect(try client.rest().isEmpty)
    }
  }

  @Test("A client that closes its half gets its answer")
  func halfClose() async throws {
    try await TestServer.run(source: FakeSource(isHeld: true)) { server in
      let client = try server.client()
      client.send(Client.request("/metrics"))
      client.closeOutput()
      try await eventually { server.source.collections.count == 1 }
      server.source.release()
      #expect(try client.response().text == FakeEncoder.text(1, .prometheus))
      #expect(try client.rest().isEmpty)
    }
  }

  @Test("A client that waits for it is asked for its body")
  func expectation() async throws {
    try await TestServer.run { server in
      let client = try server.client()
      client.send(Client.request("/-/healthy", headers: ["Content-Length: 2", "Expect: 100-continue"]))
      #expect(try client.response().status == 100)
      client.send("{}" + Client.request("/-/ready"))
      #expect(try client.response().text == "healthy\n")
      #expect(try client.response().text.hasPrefix("ready"))
    }
  }
}
