import Fixtures
import NIOSSL
import Testing

@testable import Web

@Suite struct WebConfigurationFileTests {
  private static let hash = "$2y$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u"
  private static let pair = "tls_server_config:\n  cert_file: c\n  key_file: k\n"

  private static func parse(_ text: String) throws(WebConfigurationFileError) -> WebConfigurationFile {
    try WebConfigurationFile(parsing: Array(text.utf8), path: "/etc/wattprobe/web.yml")
  }

  private static func error(_ text: String) -> String? {
    do throws(WebConfigurationFileError) {
      _ = try parse(text)
      return nil
    } catch {
      return error.description
    }
  }

  @Test func everyKeyIsTaken() throws {
    let file = try Self.parse(
      """
      tls_server_config:
        cert_file: server.pem
        key_file: /keys/server.key
        client_ca: "PEM"
        client_auth_type: RequireAndVerifyClientCert
        client_allowed_sans: [a.example, 10.0.0.1]
        min_version: TLS12
        max_version: TLS13
        cipher_suites:
          - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
          - TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA
        prefer_server_cipher_suites: true
        curve_preferences: [X25519, CurveP256]
      http_server_config:
        http2: false
        headers:
          Content-Security-Policy: "default-src 'none'"
          Strict-Transport-Security: max-age=1
          X-Content-Type-Options: nosniff
          X-Frame-Options: sameorigin
          X-XSS-Protection: 0
      rate_limit:
        interval: 1m30s
        burst: 20
      basic_auth_users:
        alice: \(Self.hash)
        "": \(Self.hash)
      """)
    #expect(file.warnings == [])
    let tls = try #require(file.tls)
    #expect(tls.certificate.pem == .file("/etc/wattprobe/server.pem"))
    #expect(tls.key.pem == .file("/keys/server.key"))
    #expect(tls.key.line == 3)
    #expect(tls.clientAuthority?.pem == .inline("PEM"))
    #expect(tls.clientAuthentication == .requireAndVerify)
    #expect(tls.clientNames == ["a.example", "10.0.0.1"])
    #expect(tls.minimum == .tlsv12 && tls.maximum == .tlsv13)
    #expect(
      tls.suites.map(\.name) == ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"])
    #expect(tls.curves == [.x25519, .secp256r1])
    #expect(file.headers.fields.count == 5)
    #expect(file.headers.fields.last == .init(name: "X-XSS-Protection", value: "0"))
    #expect(file.rateLimit?.interval == .seconds(90) && file.rateLimit?.burst == 20)
    #expect(file.users.keys.sorted { $0.count < $1.count } == [[], Array("alice".utf8)])
  }

  @Test(arguments: ["", "{}", "---", "# nothing", "tls_server_config:\n", "http_server_config:\nrate_limit:\n"])
  func emptyFileAsksForNothing(_ text: String) throws {
    let file = try Self.parse(text)
    #expect(file.tls == nil && file.users.isEmpty && file.rateLimit == nil && file.headers.fields.isEmpty)
  }

  @Test(arguments: [
    ("foo: 1", "1: unknown key \"foo\": there is basic_auth_users, "),
    ("\n\ntls_server_config:\n  crt_file: x", "4: unknown key \"crt_file\" in tls_server_config: there is cert, "),
    ("http_server_config:\n  h2: true", "2: unknown key \"h2\" in http_server_config"),
    ("rate_limit: {rate: 1}", "1: unknown key \"rate\" in rate_limit"),
    ("[]", "1: the file has to be a mapping"),
    ("tls_server_config: x", "1: tls_server_config has to be a mapping"),
    ("tls_server_config:\n  key_file: k", "2: tls_server_config lacks cert_file"),
    ("tls_server_config:\n  cert_file: c", "2: tls_server_config lacks key_file"),
    ("tls_server_config:\n  client_ca_file: c", "2: tls_server_config lacks cert_file"),
    (pair + "  cert: x", "2: cert and cert_file exclude each other"),
    (pair + "  cert_file: x", "4: \"cert_file\" stands twice"),
    (pair + "  client_ca_file: x", "4: client_ca_file without client_auth_type"),
    (pair + "  client_ca_file: x\n  client_auth_type: NoClientCert", "4: client_ca_file without client_auth_type"),
    (pair + "  client_auth_type: Foo", "4: client_auth_type: unknown \"Foo\": there is NoClientCert, "),
    (pair + "  min_version: TLS14", "4: min_version: unknown \"TLS14\": there is TLS10, TLS11, TLS12, TLS13"),
    (pair + "  max_version: 1.2", "4: max_version: unknown \"1.2\""),
    (
      pair + "  cipher_suites: [ECDHE-RSA-AES128-GCM-SHA256]",
      "4: cipher_suites: unknown \"ECDHE-RSA-AES128-GCM-SHA256\""
    ),
    (pair + "  cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA]", "4: cipher_suites: unknown"),
    (pair + "  cipher_suites: TLS_AES_128_GCM_SHA256", "4: cipher_suites has to be a list"),
    (pair + "  curve_preferences: [P256]", "4: curve_preferences: unknown \"P256\""),
    (pair + "  curve_preferences:\n    - X25519\n    - X25519MLKEM768", "6: curve_preferences: unknown"),
    (pair + "  prefer_server_cipher_suites: maybe", "4: prefer_server_cipher_suites has to be true or false"),
    ("tls_server_config:\n  cert_file: [c]", "2: cert_file has to be one value"),
    ("tls_server_config:\n  cert_file: \"a\\0b\"\n  key_file: k", "2: cert_file has a NUL"),
    ("http_server_config: {http2: \"true\"}", "1: http2 has to be true or false"),
    (
      "http_server_config:\n  headers:\n    x-frame-options: deny",
      "3: the header \"x-frame-options\" cannot be configured"
    ),
    ("http_server_config:\n  headers:\n    Server: x", "3: the header \"Server\" cannot be configured"),
    (
      "http_server_config:\n  headers:\n    X-Frame-Options: DENY",
      "3: X-Frame-Options cannot be \"DENY\": only deny or same"
    ),
    ("http_server_config:\n  headers:\n    X-XSS-Protection: \"a\\0\"", "3: X-XSS-Protection has a control character"),
    ("rate_limit:\n  interval: 1d\n  burst: 1", "2: interval \"1d\" is no duration"),
    ("rate_limit:\n  interval: 1s\n  burst: many", "3: burst has to be a whole number"),
    ("basic_auth_users:\n  a: secret", "2: the hash of \"a\" is no bcrypt hash"),
    ("basic_auth_users:\n  a: $2y$03$\(String(repeating: "a", count: 53))", "2: the hash of \"a\" has a cost"),
    ("basic_auth_users: [a]", "1: basic_auth_users has to be a mapping"),
  ])
  func whatIsWrongHasItsLine(text: String, message: String) throws {
    let error = try #require(Self.error(text))
    #expect(error.hasPrefix("/etc/wattprobe/web.yml:" + message), "\(error)")
  }

  @Test func passwordsAreNotRepeated() {
    #expect(Self.error("basic_auth_users:\n  a: hunter2")?.contains("hunter2") == false)
  }

  @Test(arguments: [
    ("tls_server_config: {}", 1, "TLS is off"),
    ("tls_server_config:", 1, "TLS is off"),
    ("tls_server_config:\n  prefer_server_cipher_suites: true", 1, "TLS is off"),
    (pair + "  min_version: TLS13\n  max_version: TLS12", 4, "no client gets in"),
    (pair + "  cipher_suites: [TLS_AES_128_GCM_SHA256]", 4, "TLS_AES_128_GCM_SHA256 changes nothing"),
    (pair + "  client_auth_type: VerifyClientCertIfGiven", 4, "that the system trusts gets in"),
    (pair + "  client_auth_type: RequireAnyClientCert\n  client_ca_file: c", 5, "client_ca_file is not used"),
    (pair + "  client_allowed_sans: [a]", 4, "keeps out nobody who has no certificate"),
    ("rate_limit:\n  interval: 1s", 2, "refuses every request"),
    ("rate_limit:\n  interval: 1s\n  burst: -1", 3, "refuses every request"),
    ("rate_limit:\n  burst: 5", 2, "limits nothing"),
    ("rate_limit:\n  interval: -1s\n  burst: 5", 2, "limits nothing"),
    ("rate_limit:\n  interval: 1\n  burst: 5", 2, "give it a unit"),
    ("basic_auth_users:", 1, "everybody is let in"),
    ("basic_auth_users:\n  a: \(hash)", 1, "without TLS"),
    (pair + "basic_auth_users:\n  \"a:b\": \(hash)", 5, "can never log in"),
    (pair + "basic_auth_users:\n  a: \(hash.dropLast())", 5, "no password matches it"),
    (pair + "basic_auth_users:\n  a: $2y$14$\(hash.dropFirst(7))", 5, "a login takes seconds"),
  ])
  func whatIsMostLikelyNotMeantIsAWarning(text: String, line: Int, part: String) throws {
    let warnings = try Self.parse(text).warnings
    #expect(warnings.count == 1, "\(warnings)")
    #expect(warnings.first?.line == line)
    #expect(warnings.first?.text.contains(part) == true, "\(warnings)")
  }

  @Test func lineBreaksOfHeadersBecomeBlanks() throws {
    let file = try Self.parse(
      "http_server_config:\n  headers:\n    X-XSS-Protection: \"a\\nb\\r\\nFoo: bar\"")
    #expect(file.headers.fields.first?.value == "a b  Foo: bar")
  }

  @Test func pathsAreRelativeToTheFile() throws {
    let file = try WebConfigurationFile(parsing: Array(Self.pair.utf8), path: "web.yml")
    #expect(file.tls?.certificate.pem == .file("c"))
  }

  /// Whatever is in a file, nothing of it ends the program.
  @Test func damagedFilesAreTakenOrRefused() {
    var generator = Generator(seed: 31)
    let whole = Array(
      (Self.pair
        + "  cipher_suites: [TLS_AES_128_GCM_SHA256]\n  curve_preferences: [X25519]\n  client_allowed_sans: [a]\n"
        + "rate_limit: {interval: 1m1.5s, burst: 3}\nhttp_server_config: {http2: true, headers: {X-XSS-Protection: 0}}\n"
        + "basic_auth_users:\n  a: \(Self.hash)\n").utf8)
    var taken = 0
    for _ in 0..<3000 {
      var bytes = whole
      for _ in 0...generator.below(3) {
        let index = Int(generator.below(UInt64(bytes.count)))
        if generator.chance(3) {
          bytes.removeSubrange(index..<min(bytes.count, index + Int(generator.below(9))))
        } else {
          bytes[index] = generator.chance(2) ? UInt8(generator.below(256)) : UInt8(48 + generator.below(10))
        }
      }
      if (try? WebConfigurationFile(parsing: bytes, path: "web.yml")) != nil { taken += 1 }
    }
    #expect((100..<2900).contains(taken))
  }
}
