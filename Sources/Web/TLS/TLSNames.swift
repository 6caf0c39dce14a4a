import NIOSSL

/// Go's names of what TLS is made of, as configuration files have them.
enum TLSNames {
  static let versions: [String: TLSVersion] = ["TLS10": .tlsv1, "TLS11": .tlsv11, "TLS12": .tlsv12, "TLS13": .tlsv13]

  static let curves: [String: NIOTLSCurve] = [
    "CurveP256": .secp256r1, "CurveP384": .secp384r1, "CurveP521": .secp521r1, "X25519": .x25519,
  ]

  /// What a certificate's key has to be for a suite.
  enum KeyKind: Sendable, Hashable {
    case rsa
    /// Ed25519 as well.
    case ecdsa
  }

  struct Suite: Sendable, Hashable {
    let name: String
    let cipher: NIOTLSCipher
    /// nil: of TLS 1.3, whose suites cannot be chosen.
    let kind: KeyKind?
  }

  /// Those that Go does not call insecure, in the order in which they are preferred.
  static let suites: [Suite] = [
    Suite(
      name: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", cipher: .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, kind: .ecdsa),
    Suite(name: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", cipher: .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, kind: .rsa),
    Suite(
      name: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", cipher: .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, kind: .ecdsa),
    Suite(name: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", cipher: .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, kind: .rsa),
    Suite(
      name: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", cipher: .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
      kind: .ecdsa),
    Suite(
      name: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", cipher: .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
      kind: .rsa),
    Suite(name: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", cipher: .TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, kind: .ecdsa),
    Suite(name: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", cipher: .TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, kind: .rsa),
    Suite(name: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", cipher: .TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, kind: .ecdsa),
    Suite(name: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", cipher: .TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, kind: .rsa),
    Suite(name: "TLS_AES_128_GCM_SHA256", cipher: .TLS_AES_128_GCM_SHA256, kind: nil),
    Suite(name: "TLS_AES_256_GCM_SHA384", cipher: .TLS_AES_256_GCM_SHA384, kind: nil),
    Suite(name: "TLS_CHACHA20_POLY1305_SHA256", cipher: .TLS_CHACHA20_POLY1305_SHA256, kind: nil),
  ]
}

/// What is asked of clients, in Go's words.
enum ClientAuthentication: String, Sendable, CaseIterable {
  case none = "NoClientCert"
  case request = "RequestClientCert"
  case requireAny = "RequireAnyClientCert"
  case verifyIfGiven = "VerifyClientCertIfGiven"
  case requireAndVerify = "RequireAndVerifyClientCert"

  init?(name: String) {
    // its old name
    self.init(rawValue: name == "RequireClientCert" ? Self.requireAny.rawValue : name)
  }

  var verifies: Bool { self == .verifyIfGiven || self == .requireAndVerify }
  var requires: Bool { self == .requireAny || self == .requireAndVerify }
}
