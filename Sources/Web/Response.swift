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

  /// A page whose scripts, styles and figures come from this server alone, and that stands in nobody's frame.
  static func html(_ text: ByteBuffer, gzip: Bool) -> Response {
    var response = Response(.ok, contentType: "text/html; charset=utf-8", body: text)
    response.headers.add(
      name: "Content-Security-Policy",
      value: "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
    response.headers.add(name: "Cache-Control", value: "no-cache")
    response.encode(gzip ? Gzip.compress(text) : nil)
    return response
  }

  /// A part of the page; without a body for a client that has it already.
  static func asset(_ asset: PageAsset, gzip: Bool, isKnown: Bool) -> Response {
    let compressed = gzip && !isKnown ? asset.compressed : nil
    var response = Response(
      isKnown ? .notModified : .ok, contentType: asset.contentType,
      body: isKnown || compressed != nil ? ByteBuffer() : asset.plain)
    // to be asked about each time: after an update the page is whole
    response.headers.add(name: "Cache-Control", value: "no-cache")
    response.headers.add(name: "ETag", value: asset.entityTag)
    response.encode(compressed)
    return response
  }

  private mutating func encode(_ compressed: ByteBuffer?) {
    headers.add(name: "Vary", value: "Accept-Encoding")
    guard let compressed else { return }
    headers.add(name: "Content-Encoding", value: "gzip")
    body = compressed
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
