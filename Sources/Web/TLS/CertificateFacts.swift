import Glibc
import NIOSSL

/// What a certificate says of its owner.
enum CertificateFacts {
  /// The subject's alternative names, as text: DNS names, mail addresses, IP addresses and URIs.
  static func names(of certificate: NIOSSLCertificate) -> [[UInt8]] {
    certificate._subjectAlternativeNames().compactMap { name in
      let bytes = name.contents.withUnsafeBufferPointer(Array.init)
      switch name.nameType {
      case .dnsName, .email, .uri: return bytes
      case .ipAddress: return address(bytes)
      default: return nil
      }
    }
  }

  private static func address(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count)) != nil else {
      return nil
    }
    return text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
  }

  /// nil where the key cannot be told.
  static func keyKind(of certificate: NIOSSLCertificate) -> TLSNames.KeyKind? {
    guard let key = try? certificate.extractPublicKey().toSPKIBytes() else { return nil }
    // rsaEncryption, 1.2.840.113549.1.1.1, near the beginning of a SubjectPublicKeyInfo
    let rsa: [UInt8] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]
    let head = Array(key.prefix(32))
    guard head.count >= rsa.count else { return nil }
    return (0...head.count - rsa.count).contains { head[$0...].starts(with: rsa) } ? .rsa : .ecdsa
  }
}
