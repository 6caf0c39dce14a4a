import NIOHTTP1

/// Why a request is not even looked at. The connection ends with it, since what follows cannot be trusted.
enum Refusal: Sendable, Hashable {
  case malformed
  case noHost
  case targetTooLong
  case headersTooLarge
  case bodyTooLarge
  case unknownExpectation
  case unsupportedVersion
  /// HTTP where TLS was expected.
  case notSecured

  /// Of the response.
  var version: HTTPVersion { self == .notSecured ? .http1_0 : .http1_1 }

  var response: Response {
    switch self {
    case .malformed: .text(.badRequest, "Malformed HTTP request")
    case .noHost: .text(.badRequest, "An HTTP/1.1 request needs exactly one Host header field")
    case .targetTooLong: .text(.uriTooLong, "The request target is too long")
    case .headersTooLarge: .text(.requestHeaderFieldsTooLarge, "The request header is too large")
    case .bodyTooLarge: .text(.payloadTooLarge, "Requests have no business with a body here")
    case .unknownExpectation: .text(.expectationFailed, "The only expectation met here is 100-continue")
    case .unsupportedVersion: .text(.httpVersionNotSupported, "Only HTTP/1.0 and HTTP/1.1 are spoken here")
    // in the words that Go's servers have for it, by which clients know what they did
    case .notSecured: .text(.badRequest, "Client sent an HTTP request to an HTTPS server.")
    }
  }
}
