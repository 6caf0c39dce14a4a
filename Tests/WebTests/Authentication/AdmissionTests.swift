import Fixtures
import Foundation
import Testing

@testable import Web

/// What a web configuration file makes of requests, without TLS.
@Suite struct AdmissionTests {
  private static func login(_ user: String, _ password: String) -> [String] {
    ["Authorization: Basic \(Data("\(user):\(password)".utf8).base64EncodedString())"]
  }

  private static func users(_ users: [String: String]) -> String {
    "basic_auth_users:\n" + users.map { "  \($0): \(Crypt.hash($1))\n" }.joined()
  }

  @Test(arguments: ["/", "/page.js", "/metrics", "/-/healthy", "/-/ready", "/nothing"])
  func everyPathAsksForALogin(_ path: String) async throws {
    let tree = try TemporaryTree()
    try await TestServer.run(file: tree.write("web.yml", Self.users(["alice": "secret"]))) { server in
      let refused = try server.get(path)
      #expect(refused.status == 401)
      #expect(refused.text == "Unauthorized\n")
      #expect(refused.headers["www-authenticate"] == "Basic realm=\"wattprobe\"")
      #expect(server.source.collections.isEmpty)
      for (user, password) in [("alice", "Secret"), ("bob", "secret"), ("", ""), ("alice", "secret\0"), ("alice", "")] {
        #expect(try server.get(path, headers: Self.login(user, password)).status == 401, "\(user) \(password)")
      }
      let status = try server.get(path, headers: Self.login("alice", "secret")).status
      #expect(status == (path == "/nothing" ? 404 : 200))
      #expect(try server.get(path, method: "HEAD", headers: Self.login("alice", "no")).status == 401)
    }
  }

  @Test func connectionStaysAfterARefusal() async throws {
    let tree = try TemporaryTree()
    try await TestServer.run(file: tree.write("web.yml", Self.users(["alice": "secret"]))) { server in
      let client = try server.client()
      // ahead of their turn: each is decided by itself, in order
      client.send(
        Client.request("/-/healthy") + Client.request("/-/healthy", headers: Self.login("alice", "secret"))
          + Client.request("/-/healthy", headers: Self.login("alice", "wrong")))
      #expect(try client.response().status == 401)
      #expect(try client.response().status == 200)
      #expect(try client.response().status == 401)
    }
  }

  @Test func whoIsRemovedIsRefusedOnTheSameConnection() async throws {
    let tree = try TemporaryTree()
    let file = try tree.write("web.yml", Self.users(["alice": "secret", "bob": "secret"]))
    try await TestServer.run(file: file) { server in
      let client = try server.client()
      func status(_ password: String) throws -> Int {
        client.send(Client.request("/-/healthy", headers: Self.login("alice", password)))
        return try client.response().status
      }
      #expect(try status("secret") == 200)
      try tree.write("web.yml", Self.users(["bob": "secret"]))
      #expect(try status("secret") == 401)
      try tree.write("web.yml", Self.users(["alice": "other"]))
      #expect(try status("secret") == 401)
      #expect(try status("other") == 200)
      // a broken file changes nothing, and is told of once
      try tree.write("web.yml", "basic_auth_users:\n  alice: plain\n")
      #expect(try status("secret") == 401)
      #expect(try status("other") == 200)
      #expect(server.log.all.filter { $0.contains("web.yml:2: the hash of \"alice\" is no bcrypt hash") }.count == 1)
      try tree.write("web.yml", "{}")
      #expect(try server.get("/-/healthy").status == 200)
    }
  }

  @Test func passwordsAreNotLogged() async throws {
    let tree = try TemporaryTree()
    try await TestServer.run(file: tree.write("web.yml", Self.users(["alice": "hunter2"]))) { server in
      _ = try server.get("/", headers: Self.login("alice", "hunter2"))
      _ = try server.get("/", headers: Self.login("alice", "hunter3"))
      #expect(!server.log.all.isEmpty)
      #expect(!server.log.contains("hunter") && !server.log.contains("$2y$"))
    }
  }

  @Test func fieldsAreInEveryResponseOfARoute() async throws {
    let tree = try TemporaryTree()
    let file = try tree.write(
      "web.yml",
      """
      http_server_config:
        headers:
          X-Frame-Options: deny
          Content-Security-Policy: "default-src 'self'"
      """ + "\n" + Self.users(["a": "b"]))
    try await TestServer.run(file: file) { server in
      for (path, login) in [("/", ("a", "b")), ("/metrics", ("a", "b")), ("/nothing", ("a", "b")), ("/", ("a", "c"))] {
        let response = try server.get(path, headers: Self.login(login.0, login.1))
        #expect(response.headers["x-frame-options"] == "deny", "\(path)")
        // in place of the page's own
        #expect(response.headers["content-security-policy"] == "default-src 'self'", "\(path)")
        #expect(response.headers["x-content-type-options"] == "nosniff", "\(path)")
      }
    }
  }

  @Test func rateIsThatOfAllClientsTogether() async throws {
    let tree = try TemporaryTree()
    let limit = "rate_limit: {interval: 1h, burst: 3}\nhttp_server_config: {headers: {X-Frame-Options: deny}}\n"
    try await TestServer.run(file: tree.write("web.yml", limit + Self.users(["a": "b"]))) { server in
      #expect(try server.get("/-/healthy", headers: Self.login("a", "b")).status == 200)
      // refusals count as well
      #expect(try server.get("/-/healthy").status == 401)
      #expect(try server.get("/nothing", headers: Self.login("a", "b")).status == 404)
      let refused = try server.get("/-/healthy", headers: Self.login("a", "b"))
      #expect(refused.status == 429)
      #expect(refused.text == "Too Many Requests\n")
      #expect(refused.headers["x-frame-options"] == nil)
      try tree.write("web.yml", "{}")
      #expect(try server.get("/-/healthy").status == 200)
    }
  }

  @Test func intervalWithoutBurstRefusesAllAndSaysSo() async throws {
    let tree = try TemporaryTree()
    try await TestServer.run(file: tree.write("web.yml", "rate_limit: {interval: 1s}")) { server in
      let status = try server.get("/-/healthy").status
      #expect(status == 429)
      #expect(server.log.contains("refuses every request"))
    }
  }

  @Test(arguments: ["/nowhere/web.yml", "/", "/dev/null"]) func fileThatIsNoneIsAnError(_ path: String) {
    #expect(throws: WebConfigurationFileError.self) { try TestServer.make(file: path) }
  }

  /// Opening a pipe that nobody writes to would wait.
  @Test func pipeIsNoFile() throws {
    let tree = try TemporaryTree()
    #expect(mkfifo(tree.path("web.yml"), 0o600) == 0)
    #expect(throws: WebConfigurationFileError.self) { try TestServer.make(file: tree.path("web.yml")) }
  }
}
