internal import ByteText
import Glibc

/// Where to listen, as on the command line: `:10418`, `127.0.0.1:9100`, `[::1]:9100`, `localhost:9100`.
package struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
  package enum Host: Sendable, Hashable {
    /// Every address of the machine, IPv6 and IPv4.
    case any
    case ipv4(String)
    /// Without brackets; may end in `%zone`.
    case ipv6(String)
    case name(String)
  }

  package let host: Host
  /// 0: the kernel picks a free port.
  package let port: UInt16

  package init(host: Host, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// Parses `[HOST]:PORT`. An IPv6 address stands in brackets; without a host all addresses are meant.
  package init(parsing text: String) throws(ListenAddressError) {
    func failure(_ problem: String, _ cure: String) -> ListenAddressError {
      ListenAddressError(text: text, problem: problem, cure: cure)
    }
    guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else {
      let isPort = !text.isEmpty && text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
      throw failure("has no port", isPort ? "write :\(text)" : "write HOST:PORT, such as 127.0.0.1:10418 or :10418")
    }
    let hostText = text[..<colon]
    let portText = text[text.index(after: colon)...]
    if hostText.begins(with: "["), !hostText.ends(with: "]") {
      throw failure("has no port after the bracket", "write [ADDRESS]:PORT, such as [::1]:10418")
    }
    guard !portText.isEmpty, portText.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
      let port = UInt16(portText)
    else { throw failure("has no port from 0 to 65535 after its last colon", "end it in a number, such as :10418") }
    self.port = port

    if hostText.isEmpty {
      host = .any
    } else if hostText.begins(with: "[") {
      let address = hostText.dropFirst().dropLast()
      guard Self.isIPv6(address) else {
        throw failure("has no IPv6 address between its brackets", "write it as [::1]:\(port)")
      }
      host = .ipv6(String(address))
    } else if hostText.contains(":") {
      throw failure("has several colons", "put an IPv6 address in brackets, such as [::1]:\(port)")
    } else if hostText.utf8.allSatisfy({ $0 == UInt8(ascii: ".") || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) {
      guard Self.isAddress(String(hostText), of: AF_INET) else {
        throw failure("has no valid IPv4 address", "write four numbers from 0 to 255, such as 127.0.0.1:\(port)")
      }
      host = .ipv4(String(hostText))
    } else {
      guard Self.isName(hostText) else {
        throw failure("has no valid host name", "use letters, digits, '-' and '.', such as localhost:\(port)")
      }
      host = .name(String(hostText))
    }
  }

  package var description: String {
    switch host {
    case .any: ":\(port)"
    case .ipv4(let host), .name(let host): "\(host):\(port)"
    case .ipv6(let host): "[\(host)]:\(port)"
    }
  }

  private static func isIPv6(_ text: Substring) -> Bool {
    let parts = text.split(at: "%", maxSplits: 1, omittingEmptySubsequences: false)
    guard isAddress(String(parts[0]), of: AF_INET6) else { return false }
    return parts.count == 1 || isName(parts[1])
  }

  private static func isAddress(_ text: String, of family: Int32) -> Bool {
    // Room for either family's address.
    withUnsafeTemporaryAllocation(byteCount: 16, alignment: 4) { inet_pton(family, text, $0.baseAddress) == 1 }
  }

  private static func isName(_ text: Substring) -> Bool {
    (1...253).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }
}

/// A listen address that cannot be read.
package struct ListenAddressError: Error, Hashable, CustomStringConvertible {
  package let text: String
  package let problem: String
  package let cure: String

  package var description: String { "listen address \"\(text)\" \(problem): \(cure)" }
}
