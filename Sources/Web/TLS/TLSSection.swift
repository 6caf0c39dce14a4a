internal import ByteText
import NIOSSL

/// `tls_server_config` of a web configuration file; the files it names are not read yet.
struct TLSSection: Sendable, Hashable {
  /// PEM in the file itself or in another one.
  enum PEM: Sendable, Hashable {
    case inline(String)
    case file(String)
  }

  struct Source: Sendable, Hashable {
    let pem: PEM
    /// The key's name, for messages.
    let key: String
    let line: Int
  }

  let certificate: Source
  let key: Source
  let clientAuthority: Source?
  let clientAuthentication: ClientAuthentication
  /// Names of which a client's certificate needs one; empty: any.
  let clientNames: [String]
  let minimum: TLSVersion
  let maximum: TLSVersion
  /// Of TLS 1.2 and before.
  let suites: [TLSNames.Suite]
  let suitesLine: Int?
  /// nil: the library's.
  let curves: [NIOTLSCurve]?

  static let keys: Set<String> = [
    "cert", "cert_file", "key", "key_file", "client_ca", "client_ca_file", "client_auth_type", "client_allowed_sans",
    "min_version", "max_version", "cipher_suites", "curve_preferences", "prefer_server_cipher_suites",
  ]

  /// nil where the section asks for nothing, and TLS is off.
  ///
  /// - Parameter folder: what relative paths begin at, with a slash at its end; empty: where the program runs.
  init?(
    _ value: YAMLValue, folder: String, warn: (String, Int) -> Void
  ) throws(WebConfigurationFileError) {
    let section = try YAMLSection(value, name: "tls_server_config", keys: Self.keys)
    let certificate = try Self.source("cert", section, folder)
    let key = try Self.source("key", section, folder)
    let authority = try Self.source("client_ca", section, folder)
    let authentication = try Self.authentication(section)
    let names = try section.texts("client_allowed_sans")
    minimum = try Self.version("min_version", section) ?? .tlsv12
    maximum = try Self.version("max_version", section) ?? .tlsv13
    let (suites, suitesLine) = try Self.suites(section, warn: warn)
    curves = try Self.curves(section)
    _ = try section.flag("prefer_server_cipher_suites")

    let asksForMore =
      authority != nil || authentication != nil || names != nil || suitesLine != nil || curves != nil
      || minimum != .tlsv12 || maximum != .tlsv13
    guard certificate != nil || key != nil || asksForMore else { return nil }
    guard let certificate else {
      throw WebConfigurationFileError("tls_server_config lacks cert_file, or cert", line: value.line)
    }
    guard let key else {
      throw WebConfigurationFileError("tls_server_config lacks key_file, or key", line: value.line)
    }
    self.certificate = certificate
    self.key = key
    clientAuthority = authority
    clientAuthentication = authentication?.value ?? .none
    if let authority, clientAuthentication == .none {
      throw WebConfigurationFileError(
        "\(authority.key) without client_auth_type: give RequireAndVerifyClientCert", line: authority.line)
    }
    clientNames = names?.value.map(\.value) ?? []
    if let names, !clientNames.isEmpty, clientAuthentication != .requireAndVerify {
      warn(
        "client_allowed_sans without client_auth_type RequireAndVerifyClientCert keeps out nobody who has no "
          + "certificate, or who made one", names.line)
    }
    if let authentication, clientAuthentication.verifies, authority == nil {
      warn(
        "\(authentication.value.rawValue) without client_ca_file: whoever has a certificate of an authority that the "
          + "system trusts gets in", authentication.line)
    }
    if let authority, !clientAuthentication.verifies {
      warn(
        "\(authority.key) is not used: \(clientAuthentication.rawValue) verifies no certificate", authority.line)
    }
    if minimum.order > maximum.order {
      warn("min_version is above max_version: no client gets in", section.value("min_version")?.line ?? value.line)
    }
    self.suites = suites
    self.suitesLine = suitesLine
  }

  private static func source(
    _ key: String, _ section: YAMLSection, _ folder: String
  ) throws(WebConfigurationFileError) -> Source? {
    let inline = try section.text(key)
    let file = try section.text(key + "_file")
    if let file, inline != nil {
      throw WebConfigurationFileError("\(key) and \(key)_file exclude each other", line: file.line)
    }
    if let inline { return Source(pem: .inline(inline.value), key: key, line: inline.line) }
    guard let file else { return nil }
    guard !file.value.utf8.contains(0) else {
      throw WebConfigurationFileError("\(key)_file has a NUL in its path", line: file.line)
    }
    let isAbsolute = file.value.utf8.first == UInt8(ascii: "/")
    return Source(pem: .file(isAbsolute ? file.value : folder + file.value), key: key + "_file", line: file.line)
  }

  private static func authentication(
    _ section: YAMLSection
  ) throws(WebConfigurationFileError) -> YAMLSection.Found<ClientAuthentication>? {
    guard let text = try section.text("client_auth_type") else { return nil }
    guard let value = ClientAuthentication(name: text.value) else {
      throw unknown("client_auth_type", text, ClientAuthentication.allCases.map(\.rawValue))
    }
    return YAMLSection.Found(value: value, line: text.line)
  }

  private static func version(_ key: String, _ section: YAMLSection) throws(WebConfigurationFileError) -> TLSVersion? {
    guard let text = try section.text(key) else { return nil }
    guard let version = TLSNames.versions[text.value] else { throw unknown(key, text, TLSNames.versions.keys.sorted()) }
    return version
  }

  private static func suites(
    _ section: YAMLSection, warn: (String, Int) -> Void
  ) throws(WebConfigurationFileError) -> ([TLSNames.Suite], Int?) {
    guard let list = try section.texts("cipher_suites"), !list.value.isEmpty else {
      return (TLSNames.suites.filter { $0.kind != nil }, nil)
    }
    var chosen: Set<String> = []
    for text in list.value {
      guard let suite = TLSNames.suites.first(where: { $0.name == text.value }) else {
        throw unknown("cipher_suites", text, TLSNames.suites.map(\.name))
      }
      if suite.kind == nil { warn("\(suite.name) changes nothing: suites of TLS 1.3 cannot be chosen", text.line) }
      chosen.insert(suite.name)
    }
    return (TLSNames.suites.filter { $0.kind != nil && chosen.contains($0.name) }, list.line)
  }

  private static func curves(_ section: YAMLSection) throws(WebConfigurationFileError) -> [NIOTLSCurve]? {
    guard let list = try section.texts("curve_preferences"), !list.value.isEmpty else { return nil }
    var curves: [NIOTLSCurve] = []
    for text in list.value {
      guard let curve = TLSNames.curves[text.value] else {
        throw unknown("curve_preferences", text, TLSNames.curves.keys.sorted())
      }
      // the library refuses one that stands twice
      if !curves.contains(curve) { curves.append(curve) }
    }
    return curves
  }

  private static func unknown(
    _ key: String, _ text: YAMLSection.Found<String>, _ known: [String]
  ) -> WebConfigurationFileError {
    WebConfigurationFileError(
      "\(key): unknown \"\(text.value.printable())\": there is \(known.joined(separator: ", "))", line: text.line)
  }
}

extension TLSVersion {
  /// Later ones are greater.
  var order: Int {
    switch self {
    case .tlsv1: 0
    case .tlsv11: 1
    case .tlsv12: 2
    case .tlsv13: 3
    }
  }
}
