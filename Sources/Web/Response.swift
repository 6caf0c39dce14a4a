import Collecting
import Exposition
import NIOCore
import NIOHTTP1

/// A response apart from its framing: the connection adds length, date and keep-alive.
struct Response {
  var status: HTTPResponseStatus
  var headers: HTTPHeaders
  var body: ByteBuffer

  private init(_ status: HTTPResponseStatus, contentType: String, body: ByteBuffer) {
    self.status = status
    self.headers = ["Content-Type": contentType, "X-Content-Type-Options": "nosniff"]
    self.body = body
  }

  /// Plain text; a line break is added.
  static func text(_ status: HTTPResponseStatus, _ text: String, headers: HTTPHeaders = [:]) -> Response {
    var response = Response(status, contentType: "text/plain; charset=utf-8", body: ByteBuffer(string: text + "\n"))
    response.headers.add(contentsOf: headers)
    return response
  }

  /// A page without scripts, pictures or frames around it.
  static func html(_ text: String) -> Response {
    var response = Response(.ok, contentType: "text/html; charset=utf-8", body: ByteBuffer(string: text))
    response.headers.add(
      name: "Content-Security-Policy",
      value: "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'")
    return response
  }

  /// The same with these fields, in place of its own of the same names.
  func adding(_ fields: ResponseHeaders) -> Response {
    var response = self
    for field in fields.fields { response.headers.replaceOrAdd(name: field.name, value: field.value) }
    return response
  }

  /// A snapshot's text.
  static func scrape(_ rendering: Rendering, format: ExpositionFormat) -> Response {
    var response = Response(.ok, contentType: format.contentType, body: rendering.body)
    response.headers.add(name: "Vary", value: "Accept, Accept-Encoding")
    if rendering.isGzip { response.headers.add(name: "Content-Encoding", value: "gzip") }
    return response
  }
}

/// One scrape: what to collect and how to write it.
struct ScrapeRequest: Sendable, Hashable {
  var selection: CollectorSelection
  var variant: Variant
  /// How long its client is taken to wait.
  var patience: Duration = Request.defaultPatience

  /// Which of a snapshot's renderings.
  struct Variant: Sendable, Hashable {
    var format: ExpositionFormat
    var gzip: Bool
  }
}

/// What a request leads to.
enum Answer {
  case response(Response)
  case scrape(ScrapeRequest)
}
