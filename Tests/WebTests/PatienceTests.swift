import Collecting
import Exposition
import Testing

@testable import Web

/// Scrapes whose collection does not end in the time that their clients give.
@Suite(.timeLimit(.minutes(2))) struct PatienceTests {
  private let all = "/metrics?exclude[]=power"
  private let hurried = ["X-Prometheus-Scrape-Timeout-Seconds: 0.2"]

  @Test(
    "The time is the client's, less what the way back takes",
    arguments: [
      ("10", 9.5), ("15.0", 14.5), ("1", 0.75), ("0.5", 0.375), ("1e3", 599.5), (nil, 30), ("", 30), ("0", 30),
      ("-1", 30),
      ("nan", 30), ("inf", 30), ("1e400", 30), ("ten", 30), ("99999999999999999999", 599.5),
    ] as [(String?, Double)])
  func patience(header: String?, seconds: Double) {
    #expect(Request.patience(timeout: header) == .seconds(seconds))
  }

  @Test("Who cannot wait gets what there is; who can, all of it")
  func partial() async throws {
    try await TestServer.run(source: FakeSource(isHeld: true)) { server in
      let patient = try server.client()
      patient.send(Client.request(all))
      try await eventually { server.source.collections.count == 1 }
      #expect(try server.get(all, headers: hurried).text == FakeEncoder.text(-1, .prometheus))
      server.source.release()
      #expect(try patient.response().text == FakeEncoder.text(1, .prometheus))
    }
  }

  @Test("Nobody joins a collection that somebody could not wait for")
  func overdue() async throws {
    try await TestServer.run(source: FakeSource(isHeld: true)) { server in
      #expect(try server.get(all, headers: hurried).text == FakeEncoder.text(-1, .prometheus))
      let late = try server.get(all, headers: hurried)
      #expect(late.status == 503)
      #expect(late.text.contains("has not ended in time"))
      let patient = try server.client()
      patient.send(Client.request(all))
      try await eventually { server.source.questions == 3 }
      server.source.release()
      #expect(try patient.response().text == FakeEncoder.text(2, .prometheus))
      #expect(server.source.collections.count == 2)
    }
  }

  @Test("Where nothing has been read yet the answer says so")
  func nothing() async throws {
    let source = FakeSource(isHeld: true)
    source.hasPart = false
    try await TestServer.run(source: source) { server in
      let late = try server.get(all, headers: hurried)
      server.source.release()
      let later = try server.get(all)
      #expect([late.status, later.status] == [503, 200])
    }
  }

  @Test(
    "What the program is stuck in is named wherever somebody looks", arguments: ["/-/healthy", "/-/ready", "/metrics"])
  func stuck(path: String) async throws {
    try await TestServer.run { server in
      #expect(try server.get(path).status == 200)
      server.source.hang = Hang(collector: "disk", seconds: 31)
      let response = try server.get(path)
      #expect(response.status == 503)
      #expect(response.text.contains("the collector disk has not been read after 31 s"))
      server.source.hang = nil
      #expect(try server.get(path).status == 200)
    }
  }

  @Test("A collector that fails is named by readiness, which is about the others")
  func failing() async throws {
    try await TestServer.run { server in
      let response = try server.get("/-/ready")
      #expect(response.status == 200)
      #expect(response.text == "ready, without power (permission)\n")
    }
  }
}
