internal import ByteText
import Exposition
import NIOHTTP1

/// What the routes need of a request.
struct Request: Sendable, Hashable {
  enum Method: Sendable, Hashable {
    case get
    case head
    case other
  }

  struct Parameter: Sendable, Hashable {
    let name: String
    let value: String
  }

  var method: Method
  /// As sent: paths are compared byte for byte.
  var path: String
  var query: [Parameter]
  var format: ExpositionFormat
  var acceptsGzip: Bool
  /// Of what the client has already: `If-None-Match`.
  var entityTags: [String] = []
  /// How long the client waits for an answer, as far as it says.
  var patience = Request.defaultPatience

  /// Of a client that does not say.
  static let defaultPatience = Duration.seconds(30)
  /// What the way back takes, of the time that a client gives: as Prometheus' own exporters have it.
  private static let wayBack = 0.5
  private static let mostPatience = 600.0

  init(
    _ method: Method, _ target: String, format: ExpositionFormat = .prometheus, acceptsGzip: Bool = false
  ) {
    self.method = method
    self.format = format
    self.acceptsGzip = acceptsGzip
    let parts = Self.origin(of: target).split(at: "?", maxSplits: 1, omittingEmptySubsequences: false)
    path = String(parts[0])
    query = parts.count > 1 ? Self.parameters(parts[1]) : []
  }

  init(_ head: HTTPRequestHead) {
    let method: Method =
      switch head.method {
      case .GET: .get
      case .HEAD: .head
      default: .other
      }
    self.init(
      method, head.uri, format: ContentNegotiation.format(accept: head.headers["accept"]),
      acceptsGzip: ContentNegotiation.acceptsGzip(acceptEncoding: head.headers["accept-encoding"]))
    entityTags = head.headers[canonicalForm: "if-none-match"].map(String.init)
    patience = Self.patience(timeout: head.headers.first(name: "x-prometheus-scrape-timeout-seconds"))
  }

  /// Whether the client has the content of this tag, by the weak comparison (RFC 9110, 8.8.3.2).
  func hasEntity(tagged tag: String) -> Bool {
    func opaque(_ tag: String) -> Substring { tag.begins(with: "W/") ? tag.dropFirst(2) : Substring(tag) }
    return entityTags.contains { $0 == "*" || opaque($0) == opaque(tag) }
  }

  /// What there is to answer of the time a scraper gives, in decimal seconds; of what is no such time, the default.
  static func patience(timeout: String?) -> Duration {
    guard let timeout, let seconds = Double(timeout), seconds > 0, seconds.isFinite else { return defaultPatience }
    let time = min(seconds, mostPatience)
    return .seconds(time - min(wayBack, time / 4))
  }

  /// Path and query of a target: servers must take `http://host/path` as well (RFC 9112, 3.2.2).
  private static func origin(of target: String) -> Substring {
    let target = target.prefix { $0 != "#" }
    guard let scheme = ["http://", "https://"].first(where: { target.lowercased().begins(with: $0) }) else {
      return target
    }
    let rest = target.dropFirst(scheme.count)
    guard let path = rest.firstIndex(where: { $0 == "/" || $0 == "?" }) else { return "/" }
    return rest[path] == "/" ? rest[path...] : "/" + rest[path...]
  }

  private static func parameters(_ query: Substring) -> [Parameter] {
    query.split(at: "&").map { pair in
      let parts = pair.split(at: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return Parameter(name: decode(parts[0]), value: parts.count > 1 ? decode(parts[1]) : "")
    }
  }

  /// Undoes percent encoding. What is not a valid escape stays as it is and then names no collector.
  static func decode(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let high = hexDigit(rest[rest.startIndex]), let low = hexDigit(rest[rest.index(after: rest.startIndex)])
      {
        bytes.append(high << 4 | low)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
