import Fixtures
import Testing

@testable import Web

@Suite struct ClientCertificateTests {
  /// Who comes: without a certificate, with one of the authority, with one made by itself, with one that is for servers only.
  private static let nobody = ""
  private static let known = "--cert known.pem --key known.key"
  private static let stranger = "--cert stranger.pem --key stranger.key"
  private static let server = "--cert server.pem --key server.key"

  private static func authority() async throws -> Authority {
    let authority = try await Authority()
    try await authority.sign(
      "known", names: "DNS:prometheus.example,IP:10.1.2.3,email:sre@example.org,URI:spiffe://x/prom")
    try await authority.selfSigned("stranger", subject: "/CN=stranger")
    return authority
  }

  @Test(arguments: [
    ("NoClientCert", false, [true, true, true, true]),
    ("RequestClientCert", false, [true, true, true, true]),
    ("RequireAnyClientCert", false, [false, true, true, true]),
    ("RequireClientCert", false, [false, true, true, true]),
    ("RequireAnyClientCert", true, [false, true, true, true]),
    ("VerifyClientCertIfGiven", true, [true, true, false, false]),
    ("RequireAndVerifyClientCert", true, [false, true, false, false]),
    // the system's authorities know none of them
    ("VerifyClientCertIfGiven", false, [true, false, false, false]),
    ("RequireAndVerifyClientCert", false, [false, false, false, false]),
  ])
  func typeDecidesWhoGetsIn(type: String, hasAuthority: Bool, admitted: [Bool]) async throws {
    let authority = try await Self.authority()
    let file = try authority.configure(
      "client_auth_type: \(type)" + (hasAuthority ? "\nclient_ca_file: ca.pem" : ""))
    try await TestServer.run(file: file) { (server) async throws in
      for version in ["1.2", "1.3"] {
        for (client, isAdmitted) in zip([Self.nobody, Self.known, Self.stranger, Self.server], admitted) {
          let status = try await authority.curl(server.port, "--tlsv\(version) --tls-max \(version) \(client)")
          #expect(status.hasPrefix(isAdmitted ? "200" : "000 ("), "\(version) \(client): \(status)")
        }
      }
    }
  }

  @Test func keysThatGoTakesAreTaken() async throws {
    let authority = try await Self.authority()
    try await authority.sign("edwards", names: "DNS:x", key: .ed25519)
    try await authority.sign("rsa", names: "DNS:x", key: .rsa)
    let file = try authority.configure("client_auth_type: RequireAndVerifyClientCert\nclient_ca_file: ca.pem")
    try await TestServer.run(file: file) { (server) async throws in
      for name in ["edwards", "rsa"] {
        #expect(try await authority.curl(server.port, "--cert \(name).pem --key \(name).key") == "200", "\(name)")
      }
    }
  }

  @Test(arguments: ["prometheus.example", "10.1.2.3", "sre@example.org", "spiffe://x/prom"])
  func nameIsEnough(_ name: String) async throws {
    let authority = try await Self.authority()
    try await authority.sign("other", names: "DNS:prometheus.example.com,IP:10.1.2.30")
    let file = try authority.configure(
      "client_auth_type: RequireAndVerifyClientCert\nclient_ca_file: ca.pem\nclient_allowed_sans: [nobody, \"\(name)\"]"
    )
    try await TestServer.run(file: file) { (server) async throws in
      for version in ["1.2", "1.3"] {
        let only = "--tlsv\(version) --tls-max \(version)"
        #expect(try await authority.curl(server.port, "\(only) \(Self.known)") == "200")
        let status = try await authority.curl(server.port, "\(only) --cert other.pem --key other.key")
        #expect(status.hasPrefix("000 ("), "\(status)")
      }
      #expect(server.source.collections.isEmpty)
    }
  }

  /// A session that goes on is the one of the client that began it.
  @Test func resumedSessionStaysWithinTheNames() async throws {
    let authority = try await Self.authority()
    let file = try authority.configure(
      "max_version: TLS12\nclient_auth_type: RequireAndVerifyClientCert\nclient_ca_file: ca.pem\n"
        + "client_allowed_sans: [prometheus.example]")
    try await TestServer.run(file: file) { (server) async throws in
      let identity = "-cert known.pem -key known.key"
      #expect(try await authority.client(server.port, "\(identity) -sess_out session").contains("200 OK"))
      #expect(try await authority.client(server.port, "\(identity) -sess_in session").contains("200 OK"))
      try authority.configure(
        "max_version: TLS12\nclient_auth_type: RequireAndVerifyClientCert\nclient_ca_file: ca.pem\n"
          + "client_allowed_sans: [nobody]")
      #expect(try await !authority.client(server.port, "\(identity) -sess_in session").contains("200 OK"))
    }
  }

  @Test func authorityWithoutCertificatesLetsNobodyIn() async throws {
    let authority = try await Self.authority()
    let file = try authority.configure("client_auth_type: RequireAndVerifyClientCert\nclient_ca_file: ca.key")
    try await TestServer.run(file: file) { (server) async throws in
      #expect(server.log.contains("has no certificate in it: no client certificate is accepted"))
      #expect(try await authority.curl(server.port, Self.known).hasPrefix("000 ("))
    }
  }
}
