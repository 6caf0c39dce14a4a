import Fixtures
import Foundation
import Testing

@testable import Web

/// What is in the files now is what counts.
@Suite struct ReloadTests {
  private static func served(_ authority: Authority, _ port: Int) async throws -> String {
    try await authority.client(port, "-servername localhost </dev/null | openssl x509 -noout -serial")
  }

  @Test func newCertificateIsServedAtOnceWhateverItsTime() async throws {
    let authority = try await Authority()
    try await authority.run("mkdir old new && mv server.* old && cp -p old/server.pem old/server.key .")
    try await TestServer.run(file: authority.configure()) { (server) async throws in
      let first = try await Self.served(authority, server.port)
      #expect(first.contains("serial="))
      try await authority.sign("server", names: "DNS:localhost,IP:127.0.0.1", usage: "serverAuth")
      try await authority.run("touch -r old/server.pem server.pem; touch -r old/server.key server.key")
      let second = try await Self.served(authority, server.port)
      #expect(second.contains("serial=") && second != first)
    }
  }

  @Test func brokenCertificateLeavesTheOldOneInUse() async throws {
    let authority = try await Authority()
    try await TestServer.run(file: authority.configure()) { (server) async throws in
      try await authority.run("cp server.key good.key; openssl ecparam -name prime256v1 -genkey -noout -out server.key")
      for _ in 0..<3 { #expect(try await authority.curl(server.port) == "200") }
      let errors = server.log.all.filter { $0.hasPrefix("a file of TLS is wrong") }
      #expect(errors.count == 1)
      #expect(
        errors.first?.contains("server.key: it is not the key of the certificate in cert_file") == true, "\(errors)")
      try await authority.run("curl -s --cacert ca.pem https://localhost:\(server.port)/-/ready >ready")
      #expect(try String(contentsOfFile: authority.tree.path("ready"), encoding: .utf8).contains("; not in use: "))
      try await authority.run(
        "mv good.key server.key; curl -s --cacert ca.pem https://localhost:\(server.port)/-/ready >ready")
      #expect(try !String(contentsOfFile: authority.tree.path("ready"), encoding: .utf8).contains("not in use"))
    }
  }

  /// Who may no longer log in cannot, though the certificate is broken meanwhile.
  @Test func usersAreThoseOfTheFileWhateverTheCertificate() async throws {
    let authority = try await Authority()
    let hash = "$2y$04$abcdefghijklmnopqrstuu" + "0123456789012345678901234567890"
    try await TestServer.run(file: authority.configure()) { (server) async throws in
      #expect(try await authority.curl(server.port) == "200")
      try await authority.run("rm server.key")
      try authority.configure(after: "basic_auth_users:\n  a: \(hash)")
      #expect(try await authority.curl(server.port) == "401")
    }
  }

  @Test func brokenFileLeavesTheLastGoodOneInUse() async throws {
    let authority = try await Authority()
    try await TestServer.run(file: authority.configure()) { (server) async throws in
      try authority.configure("no_such_key: 1")
      #expect(try await authority.curl(server.port) == "200")
      #expect(try await authority.curl(server.port) == "200")
      #expect(server.log.all.filter { $0.contains("web.yml:4: unknown key \"no_such_key\"") }.count == 1)
      try await authority.run("rm web.yml")
      #expect(try await authority.curl(server.port) == "200")
      #expect(server.log.contains("web.yml: No such file or directory"))
    }
  }

  /// Added to what runs without: nothing stays off in silence, and nobody goes on without it.
  @Test func tlsComesAndGoes() async throws {
    let authority = try await Authority()
    let file = try authority.tree.write("web.yml", "{}")
    try await TestServer.run(file: file) { (server) async throws in
      let open = try server.client()
      open.send(Client.request("/-/healthy"))
      #expect(try open.response().status == 200)
      try authority.configure()
      open.send(Client.request("/-/healthy"))
      #expect(try open.rest().isEmpty)
      #expect(try await authority.curl(server.port) == "200")
      try authority.tree.write("web.yml", "")
      #expect(try server.get("/-/healthy").status == 200)
    }
  }

  /// A reader of the old authority does not go on by the connection it has.
  @Test func connectionOfOtherRulesIsClosed() async throws {
    let authority = try await Authority()
    try await authority.sign("known", names: "DNS:x")
    try await TestServer.run(file: authority.configure()) { (server) async throws in
      let request = "printf 'GET /-/healthy HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'"
      // one connection: its second request comes when the rules have changed
      let command =
        "(\(request); until [ -e changed ]; do sleep 0.02; done; \(request)) | timeout 30 openssl s_client -quiet "
        + "-CAfile ca.pem -connect localhost:\(server.port) -ign_eof >seen"
      let client = Task.detached { _ = try await shell(command, in: authority.folder) }
      let seen = { (try? String(contentsOfFile: authority.tree.path("seen"), encoding: .utf8)) ?? "" }
      try await eventually { seen().contains("healthy") }
      try authority.configure("client_auth_type: RequireAndVerifyClientCert\nclient_ca_file: ca.pem")
      try await authority.run("touch changed")
      try await client.value
      #expect(seen().components(separatedBy: "200 OK").count == 2, "\(seen())")
      #expect(try await authority.curl(server.port).hasPrefix("000 ("))
    }
  }
}
