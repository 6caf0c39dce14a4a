import Collecting
import Exposition
import Testing

@testable import Web

@Suite(.timeLimit(.minutes(2))) struct SharingTests {
  private let all = "/metrics?exclude[]=power"

  @Test("Scrapes that come during a collection share it, and each rendering is made once")
  func sharing() async throws {
    try await TestServer.run(source: FakeSource(isHeld: true), maxRequests: 80) { server in
      let accepts = ["Accept: \(ExpositionFormat.openMetrics.contentType)", "Accept: text/plain"]
      let encodings = ["Accept-Encoding: gzip", "Accept-Encoding: identity"]
      let clients = try (0..<40).map { number in
        let client = try server.client()
        client.send(Client.request(all, headers: [accepts[number % 2], encodings[number / 2 % 2]]))
        return client
      }
      try await eventually { server.source.questions == 40 }
      server.source.release()
      for (number, client) in clients.enumerated() {
        let response = try client.response()
        let format = number % 2 == 0 ? ExpositionFormat.openMetrics : .prometheus
        let isGzip = number / 2 % 2 == 0
        #expect(response.headers["content-encoding"] == (isGzip ? "gzip" : nil))
        #expect((isGzip ? gunzip(response.body) : response.body) == Array(FakeEncoder.text(1, format).utf8))
      }
      #expect(server.source.collections.count == 1)
      #expect(server.encoder.renderings == 2)
    }
  }

  @Test("Other selections wait their turn and are shared too")
  func queueing() async throws {
    try await TestServer.run(source: FakeSource(isHeld: true)) { server in
      let targets = ["/metrics?collect[]=cpu", "/metrics?collect[]=disk"]
      let clients = try (0..<10).map { _ in try server.client() }
      clients[0].send(Client.request(targets[0]))
      try await eventually { server.source.collections.count == 1 }
      for number in 1..<10 { clients[number].send(Client.request(targets[number % 2])) }
      try await eventually { server.source.questions == 10 }
      server.source.release()
      for (number, client) in clients.enumerated() {
        #expect(try client.response().text == FakeEncoder.text(Int64(1 + number % 2), .prometheus))
      }
      #expect(server.source.collections.map(\.collect) == [["cpu"], ["disk"]])
    }
  }

  @Test("One scrape too many is told to come again")
  func maxRequests() async throws {
    try await TestServer.run(source: FakeSource(isHeld: true), maxRequests: 2) { server in
      let clients = try [server.client(), server.client()]
      for client in clients { client.send(Client.request(all)) }
      try await eventually { server.source.questions == 2 }
      let refused = try server.get(all)
      #expect(refused.status == 503)
      #expect(refused.headers["retry-after"] != nil)
      #expect(try server.get("/-/healthy").status == 200)
      server.source.release()
      for client in clients { #expect(try client.response().status == 200) }
      #expect(try server.get(all).status == 200)
    }
  }

  @Test("Without a limit any number may wait")
  func noLimit() async throws {
    try await TestServer.run(source: FakeSource(isHeld: true), maxRequests: 0) { server in
      let clients = try (0..<100).map { _ in try server.client() }
      for client in clients { client.send(Client.request(all)) }
      try await eventually { server.source.questions == 100 }
      server.source.release()
      for client in clients { #expect(try client.response().status == 200) }
    }
  }

  @Test("A client that goes away gives its place to another, and its collection is not begun")
  func abandoned() async throws {
    try await TestServer.run(source: FakeSource(isHeld: true), maxRequests: 2) { server in
      let first = try server.client()
      first.send(Client.request("/metrics?collect[]=cpu"))
      try await eventually { server.source.collections.count == 1 }
      var gone: Client? = try server.client()
      gone?.send(Client.request("/metrics?collect[]=disk"))
      try await eventually { server.source.questions == 2 }
      gone?.reset()
      gone = nil
      // Refused until the server has noticed.
      let last = try server.client()
      var tries = 2
      while true {
        last.send(Client.request("/metrics?collect[]=power"))
        tries += 1
        let seen = tries
        try await eventually { server.source.questions == seen }
        // One loop serves all: what this one is answered after, the refusal was sent before.
        _ = try server.get("/-/healthy")
        guard last.hasResponse else { break }
        #expect(try last.response().status == 503)
      }
      server.source.release()
      #expect(try first.response().status == 200)
      #expect(try last.response().status == 200)
      #expect(server.source.collections.map(\.collect) == [["cpu"], ["power"]])
    }
  }
}
