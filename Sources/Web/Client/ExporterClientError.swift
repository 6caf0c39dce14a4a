internal import ByteText
internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// Why another exporter could not be read.
package struct ExporterClientError: Error, Hashable, CustomStringConvertible {
  /// Names the address and the cause.
  package let message: String
  package let cure: String

  package var description: String { "\(message): \(cure)" }

  init(_ message: String, cure: String) {
    self.message = message
    self.cure = cure
  }

  /// What the libraries say of a connection.
  init(_ address: ExporterAddress, _ error: any Error) {
    switch error {
    case let error as ExporterClientError: self = error
    case let error as NIOConnectionError:
      let cause = error.connectionErrors.first.map { Self.cause($0.error) }
      let isUnknown = error.dnsAError != nil || error.dnsAAAAError != nil
      self.init(
        "cannot connect to \(address): \(cause ?? (isUnknown ? "no such host" : "\(error)".printable()))",
        cure: "see that wattprobe runs there and listens on that port")
    case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
      let (cause, cure) = Self.explanation(of: "\(error)", isExtra: error is NIOSSLExtraError)
      self.init("no secured connection with \(address): \(cause)", cure: cure)
    default:
      self.init(
        "no answer from \(address): \(Self.cause(error))",
        cure: "see that wattprobe runs there and listens on that port")
    }
  }

  /// By the words of BoringSSL: the library has no others.
  private static func explanation(of text: String, isExtra: Bool) -> (cause: String, cure: String) {
    if text.contains("CERTIFICATE_VERIFY_FAILED") || isExtra {
      return (
        "its certificate is not to be trusted, or for another name",
        "give the certificate of who signed it: --from.ca-file"
      )
    }
    if text.contains("WRONG_VERSION_NUMBER") { return ("it does not speak TLS", "write http://") }
    return (text.printable(characters: 160), "see that it serves https; if not, write http://")
  }

  private static func cause(_ error: any Error) -> String {
    switch error {
    case let error as IOError: String(cString: strerror(error.errnoCode))
    case ChannelError.connectTimeout: "it does not answer"
    default: "\(error)".printable(characters: 160)
    }
  }
}
