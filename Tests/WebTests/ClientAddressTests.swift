import NIOCore
import Testing

@testable import Web

@Suite struct ClientAddressTests {
  private func client(_ address: String) throws -> ClientAddress {
    ClientAddress(try SocketAddress(ipAddress: address, port: 1))
  }

  @Test func addressesOfOneNetworkAreOneClientInIPv6Alone() throws {
    #expect(try client("10.0.0.1") == client("10.0.0.1"))
    #expect(try client("10.0.0.1") != client("10.0.0.2"))
    #expect(try client("2001:db8::1") == client("2001:db8::ffff:1"))
    #expect(try client("2001:db8::1") != client("2001:db8:0:1::1"))
    #expect(try client("::ffff:10.0.0.1") == client("10.0.0.1"))
  }

  @Test func whatComesFromNoNetworkIsOneClient() throws {
    #expect(ClientAddress(nil) == .local)
    #expect(ClientAddress(try SocketAddress(unixDomainSocketPath: "/tmp/x")) == .local)
    #expect(try client("127.0.0.1") != .local)
  }

  @Test func aQuarterIsLeftToOthers() {
    #expect([1, 2, 3, 4, 32, 40].map(Share.most) == [1, 2, 3, 3, 24, 30])
  }
}
