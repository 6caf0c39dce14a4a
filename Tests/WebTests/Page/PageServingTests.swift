import Testing

@testable import Web

/// The files of the page, as clients get them.
@Suite(.timeLimit(.minutes(2))) struct PageServingTests {
  private static let types = [
    "/page.js": "text/javascript; charset=utf-8", "/page.css": "text/css; charset=utf-8", "/page.svg": "image/svg+xml",
  ]

  @Test func eachPathHasAnAssetAndItsType() async throws {
    #expect(Set(PageAsset.paths) == Set(Self.types.keys))
    try await TestServer.run { server in
      for (path, type) in Self.types {
        let response = try server.get(path)
        #expect(response.status == 200)
        #expect(response.headers["content-type"] == type)
        #expect(response.headers["x-content-type-options"] == "nosniff")
        #expect(response.headers["vary"] == "Accept-Encoding")
        #expect(response.headers["content-encoding"] == nil)
        #expect(!response.body.isEmpty)
      }
    }
  }

  @Test(arguments: ["/", "/page.js", "/page.css", "/page.svg"])
  func compressedOneInflatesToThePlainOne(path: String) async throws {
    try await TestServer.run { server in
      let plain = try server.get(path)
      let response = try server.get(path, headers: ["Accept-Encoding: gzip"])
      #expect(response.headers["content-encoding"] == "gzip")
      #expect(response.headers["etag"] == plain.headers["etag"])
      #expect(gunzip(response.body) == plain.body)
    }
  }

  @Test func clientThatHasItIsToldSo() async throws {
    try await TestServer.run { server in
      let client = try server.client()
      client.send(Client.request("/page.js"))
      let tag = try #require(try client.response().headers["etag"])
      for known in [tag, String(tag.dropFirst(2)), "\"other\", \(tag)", "*"] {
        client.send(Client.request("/page.js", headers: ["If-None-Match: \(known)"]))
        // without a body: what came of one would be taken for the next response
        let response = try client.response(toHead: true)
        #expect(response.status == 304, "\(known)")
        #expect(response.headers["etag"] == tag)
        #expect(response.headers["cache-control"] == "no-cache")
        #expect(response.headers["content-length"] == nil)
      }
      for other in ["\"other\"", "W/\"other\"", ""] {
        client.send(Client.request("/page.js", headers: ["If-None-Match: \(other)"]))
        #expect(try client.response().status == 200, "\(other)")
      }
    }
  }

  @Test func filesOfOtherContentsHaveOtherTags() throws {
    let tags = try PageAsset.paths.map { try #require(PageAsset.at($0)).entityTag }
    #expect(Set(tags).count == PageAsset.paths.count)
  }

  /// Whatever comes to be in the document, the browser runs and loads nothing but what this server sent as such.
  @Test func documentAllowsNothingFromElsewhere() async throws {
    try await TestServer.run { server in
      let policy = try #require(try server.get("/").headers["content-security-policy"])
      let rules = policy.split(separator: "; ").map { $0.split(separator: " ", maxSplits: 1).map(String.init) }
      #expect(rules.first == ["default-src", "'none'"])
      for rule in rules { #expect(["'none'", "'self'"].contains(rule[1]), "\(rule)") }
      #expect(rules.map { $0[0] }.contains("script-src"))
    }
  }

  @Test func documentIsFilledIn() async throws {
    try await TestServer.run { server in
      let html = try server.get("/").text
      #expect(!html.contains("{") && !html.contains("}"))
      for path in PageAsset.paths { #expect(html.contains("\"\(path)\"")) }
    }
  }
}
