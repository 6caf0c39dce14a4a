import CZlib
import NIOCore

/// gzip in one go, for a text that is compressed once and sent to many.
enum Gzip {
  /// Metrics text repeats itself so much that the higher levels cost several times the CPU for a few per cent.
  private static let level = Z_BEST_SPEED

  /// nil where zlib finds no memory.
  static func compress(_ bytes: [UInt8]) -> ByteBuffer? {
    var stream = z_stream()
    guard czlib_gzip_begin(&stream, level) == Z_OK else { return nil }
    defer { deflateEnd(&stream) }
    // Grown as needed rather than sized by deflateBound(), which is the text's own size, ten times what comes out.
    let step = max(bytes.count / 8, 4096)
    var output = ByteBuffer()
    var result = Z_OK
    var input = bytes[...]
    repeat {
      // avail_in is 32 bits wide.
      let chunk = input.prefix(1 << 30)
      let isLast = chunk.count == input.count
      result = chunk.withUnsafeBufferPointer { source in
        stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
        stream.avail_in = UInt32(source.count)
        var result = Z_OK
        repeat {
          output.writeWithUnsafeMutableBytes(minimumWritableBytes: step) { target in
            let room = min(target.count, 1 << 30)
            stream.next_out = target.bindMemory(to: UInt8.self).baseAddress
            stream.avail_out = UInt32(room)
            result = deflate(&stream, isLast ? Z_FINISH : Z_NO_FLUSH)
            return room - Int(stream.avail_out)
          }
        } while result == Z_OK && (isLast || stream.avail_in > 0)
        return result
      }
      input = input.dropFirst(chunk.count)
    } while !input.isEmpty && (result == Z_OK || result == Z_BUF_ERROR)
    return result == Z_STREAM_END ? output : nil
  }
}
