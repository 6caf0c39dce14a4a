import Exposition
import Glibc
import Testing

@testable import Web

@Suite(.timeLimit(.minutes(2))) struct ServerLifecycleTests {
  private static var hasIPv6: Bool {
    let descriptor = socket(AF_INET6, CInt(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    return descriptor >= 0 && access("/proc/net/if_inet6", R_OK) == 0 && (try? isLoopbackUp()) == true
  }

  private static func isLoopbackUp() throws -> Bool {
    // Nobody listens on port 1: refused where the address exists, unreachable where it does not.
    do { _ = try Client(port: 1, host: "::1") } catch { return "\(error)".contains("refused") }
    return true
  }

  @Test("A scrape in hand is finished, idle connections are closed at once, new ones refused")
  func gracefulShutdown() async throws {
    let source = FakeSource(isHeld: true)
    let server = try TestServer.make(source: source, timeouts: { $0.shutdown = .seconds(60) })
    let port = try await server.start()[0].port!
    let idle = try Client(port: port)
    idle.send(Client.request("/-/healthy"))
    #expect(try idle.response().headers["connection"] == nil)
    let busy = try Client(port: port)
    busy.send(Client.request("/metrics"))
    try await eventually { source.collections.count == 1 }

    async let stopped: Void = server.shutdown()
    // Not by a blocking read: the shutdown may need this thread.
    try await eventually { idle.hasResponse }
    #expect(try idle.rest().isEmpty)
    #expect(throws: Client.Failure.self) { _ = try Client(port: port) }
    source.release()
    let response = try busy.response()
    #expect(response.text == FakeEncoder.text(1, .prometheus))
    #expect(response.headers["connection"] == "close")
    #expect(try busy.rest().isEmpty)
    await stopped
  }

  @Test("A collection that hangs does not keep the server from stopping")
  func hungCollection() async throws {
    let source = FakeSource(isHeld: true)
    let log = LogRecord()
    let server = try TestServer.make(source: source, log: log, timeouts: { $0.shutdown = .milliseconds(100) })
    let client = try Client(port: try await server.start()[0].port!)
    client.send(Client.request("/metrics"))
    try await eventually { source.collections.count == 1 }
    await server.shutdown()
    #expect(try client.rest().isEmpty)
    #expect(log.contains("still running"))
    source.release()
  }

  @Test("Stopping twice, or before starting, does no harm")
  func shutdownTwice() async throws {
    let server = try TestServer.make()
    await server.shutdown()
    _ = try await server.start()
    await server.shutdown()
    await server.shutdown()
  }

  @Test("A port in use is named with cause and cure")
  func portInUse() async throws {
    try await TestServer.run { first in
      let address = "127.0.0.1:\(first.port)"
      let second = try TestServer.make([":0", address])
      let error = try await #require(throws: WebServerError.self) { try await second.start() }
      #expect(error.message == "cannot listen on \(address): address already in use")
      #expect(error.cure.contains("--web.listen-address"))
      #expect(try first.get("/-/healthy").status == 200)
    }
  }

  @Test(
    "An address that is not this machine's is named with cause and cure", arguments: ["192.0.2.1:0", "[2001:db8::1]:0"])
  func foreignAddress(address: String) async throws {
    let server = try TestServer.make([address])
    let error = try await #require(throws: WebServerError.self) { try await server.start() }
    #expect(error.message.hasPrefix("cannot listen on \(address): "))
    #expect(!error.cure.isEmpty)
  }

  @Test("A name that does not exist is named")
  func unknownName() async throws {
    let server = try TestServer.make(["nowhere.invalid:0"])
    let error = try await #require(throws: WebServerError.self) { try await server.start() }
    #expect(error.message.hasPrefix("cannot listen on nowhere.invalid:0: "))
  }

  @Test("Several addresses are served, and names are resolved")
  func severalAddresses() async throws {
    try await TestServer.run(["127.0.0.1:0", "localhost:0", "127.0.0.2:0"]) { server in
      #expect(server.addresses.map(\.host) == ["127.0.0.1", "127.0.0.1", "127.0.0.2"])
      for address in server.addresses {
        let client = try Client(port: address.port!, host: address.host)
        client.send(Client.request("/-/healthy"))
        #expect(try client.response().status == 200)
        #expect(server.log.contains("address=\(address)"))
      }
    }
  }

  @Test("Without a host both families are served", .enabled(if: hasIPv6))
  func dualStack() async throws {
    try await TestServer.run([":0"]) { server in
      #expect(server.addresses.map(\.host) == ["::"])
      for host in ["127.0.0.1", "::1"] {
        let client = try Client(port: server.port, host: host)
        client.send(Client.request("/-/healthy"))
        #expect(try client.response().status == 200)
      }
    }
  }

  @Test("An IPv6 address is served", .enabled(if: hasIPv6))
  func ipv6() async throws {
    try await TestServer.run(["[::1]:0"]) { server in
      #expect("\(server.addresses[0])" == "[::1]:\(server.port)")
      let client = try Client(port: server.port, host: "::1")
      client.send(Client.request("/-/healthy"))
      #expect(try client.response().status == 200)
    }
  }

  @Test("Inherited sockets are served instead of the configured address")
  func inherited() async throws {
    let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    var list: UnsafeMutablePointer<addrinfo>?
    #expect(getaddrinfo("127.0.0.1", "0", nil, &list) == 0)
    let address = try #require(list?.pointee)
    #expect(bind(descriptor, address.ai_addr, address.ai_addrlen) == 0)
    freeaddrinfo(list)
    #expect(listen(descriptor, 16) == 0)
    try await TestServer.run(["192.0.2.1:1"], inheriting: [descriptor]) { server in
      #expect(server.addresses.map(\.host) == ["127.0.0.1"])
      let response = try server.get("/-/healthy")
      #expect(response.status == 200)
    }
  }

  @Test("A descriptor that is no socket is named")
  func notASocket() async throws {
    let descriptor = open("/dev/null", O_RDONLY)
    let server = try TestServer.make(inheriting: [descriptor])
    let error = try await #require(throws: WebServerError.self) { try await server.start() }
    #expect(error.message == "cannot listen on inherited descriptor \(descriptor): not an open socket")
  }
}
