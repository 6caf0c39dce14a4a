/// The server that is attacked, on a loopback port.
package struct Target: Sendable {
  package let port: UInt16
  /// Whether it speaks TLS.
  package let isSecured: Bool
  /// A name and a password that it takes; nil: it asks for none.
  package let login: (user: String, password: String)?

  package init(port: UInt16, isSecured: Bool = false, login: (user: String, password: String)? = nil) {
    self.port = port
    self.isSecured = isSecured
    self.login = login
  }

  /// A request with the right login, or with another password.
  func request(_ path: String, password: String? = nil, fields: [String] = []) -> [UInt8] {
    var lines = ["GET \(path) HTTP/1.1", "Host: localhost"] + fields
    if let login {
      let text = Base64.encode(Array("\(login.user):\(password ?? login.password)".utf8))
      lines.append("Authorization: Basic \(text)")
    }
    return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
  }
}

/// RFC 4648, section 4.
private enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = (0..<3).reduce(0) { $0 << 8 | Int(start + $1 < bytes.count ? bytes[start + $1] : 0) }
      for place in 0..<4 {
        text.append(place <= group.count ? alphabet[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
