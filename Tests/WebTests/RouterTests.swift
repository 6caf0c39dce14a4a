import Collecting
import Exposition
import NIOCore
import NIOHTTP1
import Testing

@testable import Web

@Suite struct RouterTests {
  private func router(_ source: FakeSource = FakeSource(), path: String = "/metrics") -> Router {
    Router(telemetryPath: path, version: "1.2.3", source: source)
  }

  private func response(_ request: Request, _ source: FakeSource = FakeSource()) throws -> Response {
    guard case .response(let response) = router(source).answer(request) else { throw Overdue() }
    return response
  }

  private func scrape(_ target: String) throws -> ScrapeRequest {
    guard case .scrape(let scrape) = router().answer(Request(.get, target)) else { throw Overdue() }
    return scrape
  }

  @Test("A scrape without a selection asks for all")
  func all() throws {
    #expect(try scrape("/metrics").selection == CollectorSelection())
    #expect(try scrape("/metrics?debug=1&collect=cpu&&=").selection == CollectorSelection())
  }

  @Test("Format and compression are the request's")
  func variant() throws {
    let request = Request(.get, "/metrics", format: .openMetrics, acceptsGzip: true)
    guard case .scrape(let scrape) = router().answer(request) else { throw Overdue() }
    #expect(scrape.variant == .init(format: .openMetrics, gzip: true))
  }

  @Test(
    "Selections are read from the query",
    arguments: [
      ("collect[]=cpu", ["cpu"], []),
      ("collect[]=cpu&collect[]=disk", ["cpu", "disk"], []),
      ("collect%5B%5D=cpu", ["cpu"], []),
      ("collect%5b%5d=%63pu", ["cpu"], []),
      ("exclude[]=power", [], ["power"]),
      ("collect[]=cpu&exclude[]=cpu", ["cpu"], ["cpu"]),
    ] as [(String, Set<String>, Set<String>)])
  func selection(query: String, collect: Set<String>, exclude: Set<String>) throws {
    #expect(try scrape("/metrics?\(query)").selection == CollectorSelection(collect: collect, exclude: exclude))
  }

  @Test(
    "Unknown collectors are named, and the known ones listed",
    arguments: [
      ("collect[]=nope", "\"nope\""), ("exclude[]=nope", "\"nope\""), ("collect[]=", "\"\""),
      ("collect[]=cpu&collect[]=a&collect[]=b", "collectors in collect[] or exclude[]: \"a\", \"b\""),
      ("collect[]=c%zzpu", "\"c%zzpu\""), ("collect[]=%", "\"%\""), ("collect[]=CPU", "\"CPU\""),
      ("collect[]=a%1b%5b2J%0ab", "\"a\u{FFFD}[2J\u{FFFD}b\""), ("collect[]=%ff", "\"\u{FFFD}\""),
    ])
  func unknown(query: String, named: String) throws {
    let response = try response(Request(.get, "/metrics?\(query)"))
    #expect(response.status == .badRequest)
    #expect(response.headers["content-type"] == ["text/plain; charset=utf-8"])
    let text = String(buffer: response.body)
    #expect(text.contains(named))
    #expect(text.contains("Known collectors: cpu, disk, pmu, power"))
  }

  @Test("A long list of unknown collectors is not repeated whole")
  func longNames() throws {
    let query = (0..<100).map { "collect[]=\($0)" + String(repeating: "x", count: 1000) }.joined(separator: "&")
    #expect(try response(Request(.get, "/metrics?\(query)")).body.readableBytes < 2000)
  }

  @Test("Health is always good, readiness is the source's")
  func health() throws {
    let source = FakeSource(isReady: false)
    #expect(try response(Request(.get, "/-/healthy"), source).status == .ok)
    #expect(try response(Request(.get, "/-/ready"), source).status == .serviceUnavailable)
    #expect(try response(Request(.get, "/-/ready")).status == .ok)
  }

  @Test("Everything else is not found", arguments: ["/metric", "/metrics/", "//metrics", "/-/", "*", "", "/%6detrics"])
  func notFound(target: String) throws {
    let response = try response(Request(.get, target))
    #expect(response.status == .notFound)
    #expect(response.headers["x-content-type-options"] == ["nosniff"])
  }

  @Test(
    "Other methods are refused where there is something",
    arguments: ["/", "/metrics", "/-/healthy", "/-/ready", "/page.js"])
  func methods(path: String) throws {
    let refused = try response(Request(.other, path))
    #expect(refused.status == .methodNotAllowed)
    #expect(refused.headers["allow"] == ["GET, HEAD"])
    #expect(try response(Request(.other, path + "x")).status == .notFound)
  }

  @Test("Absolute targets are understood")
  func absolute() throws {
    #expect(try scrape("http://host:1/metrics?collect[]=cpu").selection.collect == ["cpu"])
    #expect(Request(.get, "http://host").path == "/")
    #expect(Request(.get, "http://host?a=b").path == "/")
    #expect(Request(.get, "/metrics#x").path == "/metrics")
    #expect(Request(.get, "/metrics?x=http://y").path == "/metrics")
  }

  @Test("The landing page escapes everything and shows how each collector stands")
  func landingPage() throws {
    let response = try response(Request(.get, "/"))
    let html = String(buffer: response.body)
    #expect(response.headers["content-type"] == ["text/html; charset=utf-8"])
    #expect(html.contains("1.2.3"))
    #expect(html.contains("<a id=\"metrics\" href=\"/metrics\">"))
    #expect(html.contains("<tr class=\"on\"><th scope=\"row\">\(link("cpu"))</th><td>on</td>"))
    #expect(html.contains("<tr class=\"off\"><th scope=\"row\">\(link("disk"))</th><td>off</td>"))
    #expect(html.contains("<tr class=\"failed\"><th scope=\"row\">\(link("power"))</th><td>failed (permission)</td>"))
    #expect(html.contains("Joules &lt;&amp;&gt; watts"))
    #expect(html.contains("cannot open &lt;b&gt;&quot;energy_uj&quot;&lt;/b&gt;"))
    #expect(html.contains("run as &#39;root&#39; &amp; retry"))
  }

  private func link(_ collector: String) -> String {
    "<a href=\"/metrics?collect%5B%5D=\(collector)\">\(collector)</a>"
  }

  @Test("On the landing page, what a machine does not have is no failure")
  func landingPageAbsence() throws {
    let html = String(buffer: try response(Request(.get, "/")).body)
    #expect(html.contains("<tr class=\"absent\"><th scope=\"row\">\(link("pmu"))</th><td>not here</td>"))
  }

  @Test("The links of the landing page select one collector")
  func landingPageLinks() throws {
    let html = String(buffer: try response(Request(.get, "/")).body)
    let targets = html.matches(of: /href="([^"]*collect[^"]*)"/).map { String($0.1) }
    let selections = try targets.map { try scrape($0).selection.collect }
    #expect(selections == FakeSource.collectors.map { [$0.name] })
  }
}

@Suite struct HTTPDateTests {
  @Test("Dates look as RFC 9110 wants them")
  func dates() {
    #expect(HTTPDate.text(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(HTTPDate.text(0) == "Thu, 01 Jan 1970 00:00:00 GMT")
    #expect(HTTPDate.text(1_709_164_800) == "Thu, 29 Feb 2024 00:00:00 GMT")
  }
}
