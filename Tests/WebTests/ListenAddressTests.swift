import Testing

@testable import Web

@Suite struct ListenAddressTests {
  @Test(
    "Reads host and port",
    arguments: [
      (":10418", ListenAddress.Host.any, 10418),
      (":0", .any, 0),
      ("127.0.0.1:9100", .ipv4("127.0.0.1"), 9100),
      ("0.0.0.0:65535", .ipv4("0.0.0.0"), 65535),
      ("[::1]:9100", .ipv6("::1"), 9100),
      ("[::]:80", .ipv6("::"), 80),
      ("[fe80::1%eth0]:9100", .ipv6("fe80::1%eth0"), 9100),
      ("localhost:9100", .name("localhost"), 9100),
      ("node-1.example.com:1", .name("node-1.example.com"), 1),
    ] as [(String, ListenAddress.Host, UInt16)])
  func reads(text: String, host: ListenAddress.Host, port: UInt16) throws {
    let address = try ListenAddress(parsing: text)
    #expect(address.host == host)
    #expect(address.port == port)
    #expect(address.description == text)
  }

  @Test(
    "Refuses what is not an address, naming the text and the cure",
    arguments: [
      ("", "write HOST:PORT"),
      ("9100", "write :9100"),
      ("localhost", "write HOST:PORT"),
      ("localhost:", "end it in a number"),
      ("localhost:http", "end it in a number"),
      (":65536", "end it in a number"),
      (":-1", "end it in a number"),
      (":+80", "end it in a number"),
      (":8 0", "end it in a number"),
      ("::1:9100", "put an IPv6 address in brackets, such as [::1]:9100"),
      ("[::1]", "write [ADDRESS]:PORT"),
      ("[::1", "write [ADDRESS]:PORT"),
      ("[::1]9100", "write [ADDRESS]:PORT"),
      ("[127.0.0.1]:9100", "write it as [::1]:9100"),
      ("[::1%]:9100", "write it as [::1]:9100"),
      ("256.0.0.1:9100", "write four numbers"),
      ("1.2.3:9100", "write four numbers"),
      ("local host:9100", "use letters"),
      ("*:9100", "use letters"),
      ("http://localhost:9100", "put an IPv6 address in brackets"),
    ])
  func refuses(text: String, cure: String) throws {
    let error = try #require(throws: ListenAddressError.self) { try ListenAddress(parsing: text) }
    #expect(error.text == text)
    #expect(error.cure.contains(cure))
    #expect("\(error)".hasPrefix("listen address \"\(text)\" "))
  }

  @Test("The default is port 10418 on every address")
  func standard() throws {
    #expect(try ListenAddress(parsing: ":10418") == WebConfiguration.defaultListenAddress)
  }
}

@Suite struct WebConfigurationTests {
  @Test("Has node_exporter's defaults")
  func defaults() throws {
    let configuration = try WebConfiguration()
    #expect(configuration.telemetryPath == "/metrics")
    #expect(configuration.maxRequests == 40)
  }

  @Test("Takes other paths", arguments: ["/m", "/a/b-c_d.e", "/-/metrics"])
  func paths(path: String) throws {
    #expect(try WebConfiguration(telemetryPath: path).telemetryPath == path)
  }

  @Test(
    "Refuses a telemetry path that cannot be served",
    arguments: [
      "", "metrics", "/", "/-/healthy", "/-/ready", "/page.js", "/a b", "/a?b", "/a#b", "/ä", "/a\nb", "/%41",
    ])
  func badPaths(path: String) throws {
    let error = try #require(throws: WebConfigurationError.self) { try WebConfiguration(telemetryPath: path) }
    #expect(error.message.contains("\"\(path)\""))
    #expect(!error.cure.isEmpty)
  }

  @Test("Refuses a negative number of requests")
  func negative() {
    #expect(throws: WebConfigurationError.self) { try WebConfiguration(maxRequests: -1) }
  }
}
