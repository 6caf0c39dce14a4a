import CDeflate
import NIOCore

/// gzip of a whole text, which is compressed once and sent to many.
enum Gzip {
  /// The lowest: metrics text repeats itself so much that the higher ones cost several times the CPU for a few per cent.
  private static let level: CInt = 1

  /// nil where there is no memory.
  static func compress(_ text: ByteBuffer) -> ByteBuffer? {
    guard let compressor = libdeflate_alloc_compressor(level) else { return nil }
    defer { libdeflate_free_compressor(compressor) }
    var output = ByteBuffer()
    // of which only what is written to becomes memory
    let bound = libdeflate_gzip_compress_bound(compressor, text.readableBytes)
    let count = text.withUnsafeReadableBytes { source in
      output.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { target in
        libdeflate_gzip_compress(compressor, source.baseAddress, source.count, target.baseAddress, target.count)
      }
    }
    return count > 0 ? output : nil
  }
}
