import Fixtures
import Foundation
import Testing

@testable import Web

/// What clients that are not ours make of it: `openssl s_client` and curl.
@Suite struct TLSServingTests {
  @Test func secureClientIsServed() async throws {
    let authority = try await Authority()
    try await TestServer.run(file: authority.configure()) { (server) async throws in
      #expect(try await authority.curl(server.port) == "200")
      let seen = try await authority.client(server.port, "-alpn h2,http/1.1")
      #expect(seen.contains("Verify return code: 0 (ok)"))
      #expect(seen.contains("ALPN protocol: http/1.1"))
      #expect(seen.contains("TLSv1.3"))
      #expect(seen.contains("HTTP/1.0 200 OK"))
      #expect(seen.hasSuffix("closed\n"), "\(seen)")
    }
  }

  @Test func inlineCertificateIsAsGoodAsAFile() async throws {
    let authority = try await Authority()
    func block(_ name: String) throws -> String {
      try String(contentsOfFile: authority.tree.path(name), encoding: .utf8).split(separator: "\n")
        .map { "\n    " + $0 }.joined()
    }
    let file = try authority.tree.write(
      "web.yml", "tls_server_config:\n  cert: |\(block("server.pem"))\n  key: |\(block("server.key"))\n")
    try await TestServer.run(file: file) { (server) async throws in
      #expect(try await authority.curl(server.port) == "200")
    }
  }

  @Test func plainHTTPIsToldSo() async throws {
    let authority = try await Authority()
    try await TestServer.run(file: authority.configure()) { (server) async throws in
      let client = try server.client()
      client.send(Client.request("/metrics"))
      let text = String(decoding: try client.rest(), as: UTF8.self)
      #expect(text.hasPrefix("HTTP/1.0 400 Bad Request\r\n"))
      #expect(text.hasSuffix("\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"))
      #expect(server.source.collections.isEmpty)
    }
  }

  @Test func whatIsNeitherIsClosed() async throws {
    let authority = try await Authority()
    try await TestServer.run(file: authority.configure()) { (server) async throws in
      let client = try server.client()
      client.send("\u{1}\u{2}\u{3} no record of TLS, and no request either")
      let answer = try client.rest()
      #expect(!String(decoding: answer, as: UTF8.self).contains("HTTP"))
    }
  }

  /// The clock of the request runs from the connection on, whatever TLS makes of the time.
  /// It would have the server compute a handshake for a few bytes, as often as a client likes.
  @Test func renegotiationEndsTheConnection() async throws {
    let authority = try await Authority()
    try await TestServer.run(file: authority.configure()) { (server) async throws in
      let typed = "sleep 1; printf 'R\\n'; sleep 1; printf 'GET /-/healthy HTTP/1.0\\r\\n\\r\\n'; sleep 1"
      let seen = try await shell(
        "(\(typed)) | timeout 30 openssl s_client -tls1_2 -connect 127.0.0.1:\(server.port)", in: authority.folder
      ).output
      #expect(seen.contains("RENEGOTIATING"))
      #expect(!seen.contains("HTTP/1.0 200"))
      #expect(try await authority.curl(server.port) == "200")
    }
  }

  @Test func handshakeThatDoesNotEndIsCutOff() async throws {
    let authority = try await Authority()
    try await TestServer.run(file: authority.configure(), timeouts: { $0.request = .milliseconds(100) }) {
      (server) async throws in
      let silent = try server.client()
      let half = try server.client()
      half.send("\u{16}\u{3}\u{1}")
      #expect(try silent.rest().isEmpty)
      #expect(try half.rest().isEmpty)
    }
  }

  @Test func connectionsInTheHandshakeMakeRoom() async throws {
    let authority = try await Authority()
    try await TestServer.run(file: authority.configure(), limits: { $0.connections = 2 }) { (server) async throws in
      let lazy = try (0..<4).map { _ in try server.client() }
      for client in lazy { client.send("\u{16}\u{3}\u{1}") }
      #expect(try await authority.curl(server.port) == "200")
    }
  }

  /// Over TLS a text that is shared is held for each client: more than so many bytes are not.
  @Test func unreadResponsesAreBoundedByClient() async throws {
    let authority = try await Authority()
    // more than sockets and pipes hold
    let size = 12 << 20
    try await TestServer.run(
      source: FakeSource(isHeld: true), encoder: FakeEncoder(firstBytes: size), file: authority.configure(),
      limits: { $0.unreadBytes = size * 3 / 2 }, timeouts: { $0.response = .seconds(3600) }
    ) { (server) async throws in
      let command =
        "printf 'GET /metrics?collect[]=cpu HTTP/1.0\\r\\n\\r\\n' | openssl s_client -quiet -CAfile ca.pem -ign_eof "
        + "-connect localhost:\(server.port) 2>errors | (until [ -e go ]; do sleep 0.05; done; wc -c)"
      async let first = shell(command, in: authority.folder).output
      async let second = shell(command, in: authority.folder).output
      try await eventually { server.source.questions == 2 }
      server.source.release()
      try await eventually { server.encoder.renderings == 1 }
      try await authority.run("touch go")
      let counts = try await [first, second].map { Int($0.filter(\.isNumber)) ?? 0 }
      #expect(counts.count { $0 >= size } == 1, "\(counts)")
    }
  }

  @Test(arguments: [
    ("TLS10", "TLS10", ["-tls1"], ["-tls1_1", "-tls1_2", "-tls1_3"]),
    ("TLS11", "TLS12", ["-tls1_1", "-tls1_2"], ["-tls1", "-tls1_3"]),
    ("TLS12", "TLS13", ["-tls1_2", "-tls1_3"], ["-tls1", "-tls1_1"]),
    ("TLS13", "TLS13", ["-tls1_3"], ["-tls1", "-tls1_1", "-tls1_2"]),
  ])
  func versionsAreThoseAskedFor(least: String, most: String, taken: [String], refused: [String]) async throws {
    let authority = try await Authority()
    let file = try authority.configure("min_version: \(least)\nmax_version: \(most)")
    try await TestServer.run(file: file) { (server) async throws in
      for version in taken {
        #expect(
          try await authority.client(server.port, "\(version) -cipher DEFAULT@SECLEVEL=0").contains("200 OK"),
          "\(version)")
      }
      for version in refused {
        let seen = try await authority.client(server.port, "\(version) -cipher DEFAULT@SECLEVEL=0")
        #expect(!seen.contains("200 OK"), "\(version): \(seen)")
      }
    }
  }

  @Test func suitesAreThoseAskedFor() async throws {
    let authority = try await Authority()
    let file = try authority.configure(
      "cipher_suites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TLS_AES_128_GCM_SHA256]")
    try await TestServer.run(file: file) { (server) async throws in
      #expect(server.log.contains("TLS_AES_128_GCM_SHA256 changes nothing"))
      let seen = try await authority.client(server.port, "-tls1_2")
      #expect(seen.contains("Cipher is ECDHE-ECDSA-CHACHA20-POLY1305"))
      let refused = try await authority.client(server.port, "-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256")
      #expect(refused.contains("handshake failure"))
      // its suites cannot be chosen
      #expect(
        try await authority.client(server.port, "-tls1_3 -ciphersuites TLS_AES_256_GCM_SHA384").contains("200 OK"))
    }
  }

  /// Each of Go's suites of TLS 1.2, by its key's kind.
  @Test func everySuiteOfGoIsSpoken() async throws {
    let authority = try await Authority()
    try await authority.sign("rsa", names: "DNS:localhost", usage: "serverAuth", key: .rsa)
    for (certificate, kind) in [("server", TLSNames.KeyKind.ecdsa), ("rsa", .rsa)] {
      for suite in TLSNames.suites where suite.kind == kind {
        let file = try authority.configure("cipher_suites: [\(suite.name)]", certificate: certificate)
        try await TestServer.run(file: file) { (server) async throws in
          let seen = try await authority.client(server.port, "-tls1_2")
          #expect(seen.contains("200 OK"), "\(suite.name): \(seen)")
          #expect(!server.log.contains("cipher_suites"))
        }
      }
    }
  }

  @Test func suitesOfTLS13AloneLeaveNoOther() async throws {
    let authority = try await Authority()
    try await TestServer.run(file: authority.configure("cipher_suites: [TLS_AES_256_GCM_SHA384]")) {
      (server) async throws in
      #expect(try await authority.client(server.port, "-tls1_3").contains("200 OK"))
      #expect(try await authority.client(server.port, "-tls1_2").contains("alert protocol version"))
      #expect(server.log.contains("cipher_suites has none for an ECDSA key"))
    }
  }

  @Test(arguments: [
    ("CurveP256", "P-256", "P-384"), ("CurveP384", "P-384", "P-256"), ("CurveP521", "P-521", "X25519"),
    ("X25519", "X25519", "P-256"),
  ])
  func curvesAreThoseAskedFor(name: String, taken: String, refused: String) async throws {
    let authority = try await Authority()
    try await TestServer.run(file: authority.configure("curve_preferences: [\(name), \(name)]")) {
      (server) async throws in
      #expect(try await authority.client(server.port, "-groups \(taken)").contains("200 OK"))
      #expect(try await authority.client(server.port, "-groups \(refused)").contains("handshake failure"))
    }
  }

  @Test func keysOfOtherKindsServe() async throws {
    let authority = try await Authority()
    for key in [Authority.Key.rsa, .ed25519] {
      try await authority.sign("other", names: "DNS:localhost", usage: "serverAuth", key: key)
      try await TestServer.run(file: authority.configure(certificate: "other")) { (server) async throws in
        #expect(try await authority.client(server.port).contains("200 OK"), "\(key)")
      }
    }
  }

  @Test func chainIsSentWhole() async throws {
    let authority = try await Authority()
    try await authority.run(
      "printf 'basicConstraints=critical,CA:TRUE\\n' >between.ext && openssl req -newkey rsa:2048 -nodes -subj /CN=between "
        + "-keyout between.key -out between.csr && openssl x509 -req -in between.csr -CA ca.pem -CAkey ca.key -CAcreateserial "
        + "-days 2 -extfile between.ext -out between.pem")
    try await authority.sign("below", names: "DNS:localhost", usage: "serverAuth", by: "between")
    try await authority.run("cat between.pem >>below.pem")
    try await TestServer.run(file: authority.configure(certificate: "below")) { (server) async throws in
      #expect(try await authority.curl(server.port) == "200")
    }
  }
}
