internal import ByteText
import Glibc
import NIOCore
import NIOSSL

/// What connections are secured with: certificate, key and what is asked of clients, ready for use.
struct TLSIdentity: Sendable {
  /// What the files say that a section names.
  struct Files: Sendable, Hashable {
    let certificate: [UInt8]
    let key: [UInt8]
    let clientAuthority: [UInt8]?

    init(_ section: TLSSection) throws(WebConfigurationFileError) {
      certificate = try Self.read(section.certificate)
      key = try Self.read(section.key)
      clientAuthority = try section.clientAuthority.map { source throws(WebConfigurationFileError) in
        try Self.read(source)
      }
    }

    private static func read(_ source: TLSSection.Source) throws(WebConfigurationFileError) -> [UInt8] {
      switch source.pem {
      case .inline(let text): return Array(text.utf8)
      case .file(let path):
        do throws(WebConfigurationFileError) {
          return try RegularFile.read(path)
        } catch {
          throw source.failure(error.cause)
        }
      }
    }
  }

  let context: NIOSSLContext
  /// The end of the certificate's validity, in seconds since the Unix epoch.
  let expires: Int64
  let authentication: ClientAuthentication
  let clientNames: [String]

  /// Whether the peer's certificate has one of the names that are asked for; none has to have been sent at all.
  func accepts(_ certificate: NIOSSLCertificate?) -> Bool {
    guard !clientNames.isEmpty, let certificate else { return true }
    let allowed = Set(clientNames.map { Array($0.utf8) })
    return !allowed.isDisjoint(with: CertificateFacts.names(of: certificate))
  }

  /// Throws where a file is not what it should be, or certificate and key are not of each other.
  init(
    _ section: TLSSection, _ files: Files, shutdownTimeout: Duration, warn: (String, Int) -> Void
  ) throws(WebConfigurationFileError) {
    let chain = try Self.certificates(files.certificate, section.certificate)
    guard let leaf = chain.first else { throw section.certificate.failure("there is no certificate in it") }
    let key = try Self.key(files.key, section.key)
    expires = Int64(leaf.notValidAfter)
    Self.checkDates(leaf, section, warn)
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = section.minimum
    configuration.maximumTLSVersion = section.maximum
    configuration.curves = section.curves
    // HTTP/2 is not spoken
    configuration.applicationProtocols = ["http/1.1"]
    configuration.shutdownTimeout = TimeAmount(shutdownTimeout)
    // what Go takes of clients, Ed25519 and P-521 included
    configuration.verifySignatureAlgorithms = [
      .ed25519, .ecdsaSecp256R1Sha256, .rsaPssRsaeSha256, .rsaPkcs1Sha256, .ecdsaSecp384R1Sha384, .rsaPssRsaeSha384,
      .rsaPkcs1Sha384, .ecdsaSecp521R1Sha512, .rsaPssRsaeSha512, .rsaPkcs1Sha512, .ecdsaSha1, .rsaPkcs1Sha1,
    ]
    if section.suites.isEmpty {
      // The library takes no empty list. Without suites before TLS 1.3 there is only that.
      configuration.minimumTLSVersion = .tlsv13
    } else {
      configuration.cipherSuiteValues = section.suites.map(\.cipher)
    }
    Self.checkSuites(leaf, section, warn)
    switch section.clientAuthentication {
    case .none: configuration.certificateVerification = .none
    case .request, .verifyIfGiven: configuration.certificateVerification = .optionalVerification
    case .requireAny, .requireAndVerify: configuration.certificateVerification = .noHostnameVerification
    }
    if let authority = files.clientAuthority, let source = section.clientAuthority {
      let roots = try Self.certificates(authority, source)
      if roots.isEmpty, section.clientAuthentication.verifies {
        warn("\(source.name) has no certificate in it: no client certificate is accepted", source.line)
      }
      configuration.trustRoots = .certificates(roots)
      configuration.sendCANameList = true
    } else if !section.clientAuthentication.verifies {
      // not the system's, which take time to read and are not asked
      configuration.trustRoots = .certificates([])
    }
    do {
      context = try NIOSSLContext(configuration: configuration)
    } catch NIOSSLError.failedToLoadPrivateKey {
      // both were read, so it is about the two together
      throw section.key.failure("it is not the key of the certificate in \(section.certificate.name)")
    } catch {
      throw section.certificate.failure("the library refuses it: \("\(error)".printable(characters: 256))")
    }
    authentication = section.clientAuthentication
    clientNames = section.clientNames
  }

  /// Empty where there is none in it.
  private static func certificates(
    _ bytes: [UInt8], _ source: TLSSection.Source
  ) throws(WebConfigurationFileError) -> [NIOSSLCertificate] {
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.contains("-----BEGIN CERTIFICATE-----") || text.contains("-----BEGIN TRUSTED CERTIFICATE-----")
    else { return [] }
    do { return try NIOSSLCertificate.fromPEMBytes(bytes) } catch {
      throw source.failure("a certificate in it is damaged")
    }
  }

  private static func key(
    _ bytes: [UInt8], _ source: TLSSection.Source
  ) throws(WebConfigurationFileError) -> NIOSSLPrivateKey {
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.contains("PRIVATE KEY-----") else { throw source.failure("there is no private key in it") }
    guard !text.contains("ENCRYPTED") else {
      throw source.failure("the key is encrypted, and there is nobody to ask: decrypt it (openssl pkey)")
    }
    do { return try NIOSSLPrivateKey(bytes: bytes, format: .pem) } catch {
      throw source.failure("the key in it is damaged, or of a kind that is not known")
    }
  }

  private static func checkDates(_ leaf: NIOSSLCertificate, _ section: TLSSection, _ warn: (String, Int) -> Void) {
    let now = time(nil)
    let source = section.certificate
    if leaf.notValidAfter < now { warn("\(source.name) has expired: clients refuse it", source.line) }
    if leaf.notValidBefore > now { warn("\(source.name) is not valid yet: clients refuse it", source.line) }
  }

  private static func checkSuites(_ leaf: NIOSSLCertificate, _ section: TLSSection, _ warn: (String, Int) -> Void) {
    guard let line = section.suitesLine, section.minimum != .tlsv13 else { return }
    let kind = CertificateFacts.keyKind(of: leaf)
    guard !section.suites.contains(where: { $0.kind == kind || kind == nil }) else { return }
    let whose = kind == .rsa ? "an RSA key" : "an ECDSA key"
    warn(
      section.maximum == .tlsv13
        ? "cipher_suites has none for \(whose), as this certificate's: only clients of TLS 1.3 get in"
        : "cipher_suites has none for \(whose), as this certificate's: no client gets in", line)
  }
}

extension TLSSection.Source {
  /// The path, or where else it is.
  var name: String {
    switch pem {
    case .file(let path): "\(key) \(path.printable(characters: 256))"
    case .inline: key
    }
  }

  func failure(_ cause: String) -> WebConfigurationFileError {
    WebConfigurationFileError("\(name): \(cause)", line: line)
  }
}
