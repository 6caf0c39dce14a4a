import NIOCore

/// Who a client is, as far as its share of the server goes: an IPv4 address, or the 64 bits of an IPv6 address that a network
/// hands out, below which everybody has as many addresses as he likes.
struct ClientAddress: Hashable {
  private enum Network: UInt8 {
    case none
    case ipv4
    case ipv6
  }

  private let network: Network
  private let number: UInt64

  /// Of what comes from no network: all such are one client.
  static let local = ClientAddress(.none, [])

  /// nil: local.
  init(_ address: SocketAddress?) {
    switch address {
    // where sockaddr_in and sockaddr_in6 have the address (ip(7), ipv6(7))
    case .v4: self.init(.ipv4, Self.bytes(of: address, 4..<8))
    case .v6:
      let all = Self.bytes(of: address, 8..<24)
      let isIPv4 = all.starts(with: Array(repeating: 0, count: 10) + [0xff, 0xff])
      self = isIPv4 ? ClientAddress(.ipv4, all.dropFirst(12)) : ClientAddress(.ipv6, all.prefix(8))
    case .unixDomainSocket, nil: self = .local
    }
  }

  private init(_ network: Network, _ bytes: ArraySlice<UInt8>) {
    self.network = network
    number = bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func bytes(of address: SocketAddress?, _ range: Range<Int>) -> ArraySlice<UInt8> {
    address?.withSockAddr { ArraySlice(UnsafeRawBufferPointer(start: $0, count: $1)[range]) } ?? []
  }
}

/// How much of something that is shared one client may have at most: a quarter is always left to others.
enum Share {
  static func most(of all: Int) -> Int { all - all / 4 }
}

/// What a connection has been good for, and it would be a loss to close, in ascending order.
enum ClientStanding: Int {
  case silent
  /// Something has come, if only of a handshake.
  case spoken
  case served
}
