import Glibc
import NIOCore

/// Why the server cannot listen.
package struct WebServerError: Error, Hashable, CustomStringConvertible {
  /// Names the address and the cause: `cannot listen on :10418: address already in use`.
  package let message: String
  package let cure: String
  /// Whether another address family may do better.
  let isAboutFamily: Bool

  package var description: String { "\(message): \(cure)" }

  init(_ message: String, cure: String, isAboutFamily: Bool = false) {
    self.message = message
    self.cure = cure
    self.isAboutFamily = isAboutFamily
  }

  init(listeningOn address: String, _ error: any Error) {
    let code = (error as? IOError)?.errnoCode
    let (cause, cure) =
      switch code {
      case EADDRINUSE:
        ("address already in use", "stop what listens there (ss -ltnp shows it) or choose another --web.listen-address")
      case EACCES:
        ("permission denied", "choose a port from 1024 up, or grant CAP_NET_BIND_SERVICE")
      case EADDRNOTAVAIL:
        ("this machine has no such address", "use one that `ip address` shows, or give the port alone, such as :10418")
      case EAFNOSUPPORT, EPROTONOSUPPORT:
        ("the kernel does not speak this address family", "use an address of the other family, such as 0.0.0.0:10418")
      case EMFILE, ENFILE:
        ("too many open files", "raise the limit on open files (LimitNOFILE= of the unit)")
      case ENOTSOCK, EBADF:
        ("not an open socket", "let the socket unit pass listening stream sockets (ListenStream=)")
      case .some(let code):
        (String(cString: strerror(code)), "check the address and the rights of the process")
      case nil:
        ("\(error)", "check the address and the rights of the process")
      }
    self.init(
      "cannot listen on \(address): \(cause)", cure: cure,
      isAboutFamily: [EAFNOSUPPORT, EPROTONOSUPPORT, EADDRNOTAVAIL].contains(code))
  }
}

/// An address that the server listens on.
package struct BoundAddress: Sendable, Hashable, CustomStringConvertible {
  /// The IP address, or the path of a Unix domain socket.
  package let host: String
  /// nil for a Unix domain socket.
  package let port: Int?

  init(host: String, port: Int?) {
    self.host = host
    self.port = port
  }

  init(_ address: SocketAddress) {
    host = address.ipAddress ?? address.pathname ?? ""
    port = address.port
  }

  package var description: String {
    guard let port else { return host }
    return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
