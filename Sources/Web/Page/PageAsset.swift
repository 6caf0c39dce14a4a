internal import CPage
import NIOCore

/// What the document at `/` asks for: the same for everybody, so that a browser which has it need not get it again.
struct PageAsset: Sendable {
  static let scriptPath = "/page.js"
  static let stylePath = "/page.css"
  static let iconPath = "/page.svg"
  static let paths = [scriptPath, stylePath, iconPath]

  private static let script = PageAsset("text/javascript; charset=utf-8", page_js)
  private static let style = PageAsset("text/css; charset=utf-8", page_css)
  private static let icon = PageAsset("image/svg+xml", page_svg)

  /// nil of another path.
  static func at(_ path: String) -> PageAsset? {
    switch path {
    case scriptPath: script
    case stylePath: style
    case iconPath: icon
    default: nil
    }
  }

  let contentType: String
  /// Says which content it is, in any encoding (RFC 9110, 8.8.1).
  let entityTag: String
  /// As gzip, from the first time that somebody asks on; nil where there was no memory.
  let compressed: ByteBuffer?
  private let file: @Sendable () -> page_file

  private init(_ contentType: String, _ file: @escaping @Sendable () -> page_file) {
    self.contentType = contentType
    self.file = file
    let bytes = Self.bytes(of: file())
    entityTag = "W/\"\(String(Self.hash(bytes), radix: 16))\""
    compressed = Gzip.compress(ByteBuffer(bytes: bytes))
  }

  /// As it is: copied out of the executable for each response, since few clients want it so.
  var plain: ByteBuffer { ByteBuffer(bytes: Self.bytes(of: file())) }

  static func text(of file: page_file) -> String { String(decoding: bytes(of: file), as: UTF8.self) }

  private static func bytes(of file: page_file) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: file.bytes, count: file.size)
  }

  /// FNV-1a: a new content has another one, and nobody gains by finding two that are alike.
  private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
