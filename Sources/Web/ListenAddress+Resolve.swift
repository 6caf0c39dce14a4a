import Glibc
import NIOCore

extension ListenAddress {
  /// The socket addresses to try in order until one can be bound. Blocks while a name is looked up.
  func candidates() throws(WebServerError) -> [SocketAddress] {
    switch host {
    case .any: try resolve("::") + resolve("0.0.0.0")
    case .ipv4(let host), .ipv6(let host): try resolve(host)
    // One address per name, IPv4 first: what a scrape configuration with 127.0.0.1 expects of `localhost`.
    case .name(let host): try Array(resolve(host).sorted { $0.protocol == .inet && $1.protocol != .inet }.prefix(1))
    }
  }

  /// Through getaddrinfo() also for numbers, since inet_pton() knows no zones.
  private func resolve(_ host: String) throws(WebServerError) -> [SocketAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let result = getaddrinfo(host, "\(port)", &hints, &list)
    guard result == 0 else {
      throw WebServerError(
        "cannot listen on \(self): \(String(cString: gai_strerror(result)))",
        cure: "give an IP address of this machine, or the port alone, such as :\(port)")
    }
    defer { freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var next = list
    while let entry = next?.pointee {
      switch entry.ai_family {
      case AF_INET:
        entry.ai_addr.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
          addresses.append(SocketAddress($0.pointee))
        }
      case AF_INET6:
        entry.ai_addr.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
          addresses.append(SocketAddress($0.pointee))
        }
      default: break
      }
      next = entry.ai_next
    }
    return addresses
  }
}
