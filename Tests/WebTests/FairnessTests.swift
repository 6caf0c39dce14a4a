import Testing

@testable import Web

/// What one client does, or many at one address, leaves others what they need.
@Suite struct FairnessTests {
  private let crowd = "127.0.0.2"
  /// A selection, by which the source sees that it is asked.
  private let all = "/metrics?exclude[]=power"

  @Test func aCrowdAtOneAddressDisplacesItsOwnConnections() async throws {
    try await TestServer.run(limits: { $0.connections = 8 }) { server in
      let many = try (0..<7).map { _ in try server.client(from: crowd) }
      // each has been of use, and so has more to lose than a new one
      for client in many {
        client.send(Client.request("/-/healthy"))
        #expect(try client.response().status == 200)
      }
      let new = try server.client()
      let further = try (0..<5).map { _ in try server.client(from: crowd) }
      for client in [new] + further.suffix(1) {
        client.send(Client.request("/-/healthy"))
        #expect(try client.response().status == 200)
      }
      #expect(try many[0].rest().isEmpty)
    }
  }

  @Test func oneAddressCannotHaveAllScrapesThatMayWait() async throws {
    try await TestServer.run(source: FakeSource(isHeld: true), maxRequests: 4) { server in
      let many = try (0..<3).map { _ in try server.client(from: crowd) }
      for client in many { client.send(Client.request(all)) }
      try await eventually { server.source.questions == 3 }
      let refused = try server.client(from: crowd)
      refused.send(Client.request(all))
      let response = try refused.response()
      #expect(response.status == 503)
      #expect(response.headers["retry-after"] != nil)
      let other = try server.client()
      other.send(Client.request(all))
      try await eventually { server.source.questions == 5 }
      server.source.release()
      for client in many + [other] { #expect(try client.response().status == 200) }
    }
  }

  @Test func whoReadsIsNotCutOffForThoseWhoDoNot() async throws {
    // more than the sockets hold
    let size = 12 << 20
    try await TestServer.run(
      encoder: FakeEncoder(firstBytes: size, others: size), maxRequests: 4, limits: { $0.unreadResponses = 4 },
      timeouts: { $0.response = .seconds(3600) }
    ) { server in
      let reader = try server.client()
      reader.send(Client.request("/metrics"))
      try await eventually { reader.hasResponse }
      var many: [Client] = []
      for _ in 0..<8 {
        let client = try server.client(from: crowd)
        client.send(Client.request("/metrics"))
        try await eventually { client.hasResponse }
        many.append(client)
      }
      #expect(try reader.response().body.count == size)
      #expect(try many[0].rest().count < size)
    }
  }
}
