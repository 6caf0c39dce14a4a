import Testing

@testable import Web

@Suite struct ExporterAddressTests {
  @Test(arguments: [
    ("http://host:10418", "http://host:10418", "/metrics", "host"),
    ("http://host", "http://host:80", "/metrics", "host"),
    ("https://[::1]/probe", "https://[::1]:443", "/probe", "::1"),
    ("https://[::1]:8443?collect[]=cpu", "https://[::1]:8443", "/metrics?collect[]=cpu", "::1"),
    ("http://10.0.0.1:9100/a/b?c=d", "http://10.0.0.1:9100", "/a/b?c=d", "10.0.0.1"),
  ])
  func addressesAreRead(text: String, shown: String, path: String, host: String) throws {
    let address = try ExporterAddress(parsing: text)
    #expect(address.description == shown)
    #expect(address.path == path)
    #expect(address.host == host)
    #expect(address.isSecure == text.hasPrefix("https"))
    #expect((address.serverName == nil) == (host != "host"))
  }

  @Test(arguments: [
    ("host:10418", "write it as http://HOST:10418"), ("ftp://host", "http://HOST:10418"), ("http://", "HOST:10418"),
    ("http://:80", "HOST:10418"), ("http://host:0", "HOST:10418"), ("http://host:x", "number"),
    ("http://user:secret@host", "--from.credentials-file"), ("http://host/a b", "without spaces"),
    ("http://host/#x", "without spaces and #"), ("http://ho\u{1B}st", "letters"),
    ("http://host/\r\nX: y", "without spaces"),
    ("http://[::1", "[ADDRESS]:PORT"),
  ])
  func whatIsNoneIsRefusedWithACure(text: String, cure: String) throws {
    let error = try #require(throws: ExporterClientError.self) { _ = try ExporterAddress(parsing: text) }
    #expect(error.cure.contains(cure), "\(error)")
    #expect(!error.description.utf8.contains(0x1B))
  }

  @Test func onlyThoseCollectorsAreAskedForThatAreSeen() throws {
    let plain = try ExporterAddress(parsing: "http://host/metrics").asking(for: ["sched", "cpu"])
    #expect(plain.path == "/metrics?collect[]=cpu&collect[]=sched")
    let own = try ExporterAddress(parsing: "http://host/metrics?exclude[]=cpu")
    #expect(own.asking(for: ["sched"]) == own)
  }
}
