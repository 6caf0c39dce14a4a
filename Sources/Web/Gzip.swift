import CZlib
import NIOCore

/// gzip of a text that comes in pieces, is compressed once and sent to many.
struct Gzip: ~Copyable {
  /// Metrics text repeats itself so much that the higher levels cost several times the CPU for a few per cent.
  private static let level = Z_BEST_SPEED
  /// How much room the output gets at a time: it is about a tenth of the text.
  private static let step = 16_384

  private let stream: UnsafeMutablePointer<z_stream>
  private var output = ByteBuffer()
  private var result = Z_OK

  /// nil where zlib finds no memory.
  init?() {
    // zlib keeps its address
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    guard czlib_gzip_begin(stream, Self.level) == Z_OK else {
      stream.deallocate()
      return nil
    }
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  mutating func append(_ bytes: [UInt8]) { deflate(bytes, Z_NO_FLUSH) }

  /// All of it; nil where zlib failed.
  consuming func finish() -> ByteBuffer? {
    deflate([], Z_FINISH)
    return result == Z_STREAM_END ? output : nil
  }

  private mutating func deflate(_ bytes: [UInt8], _ flush: Int32) {
    var bytes = bytes[...]
    repeat {
      // avail_in is 32 bits wide.
      let chunk = bytes.prefix(1 << 30)
      chunk.withUnsafeBufferPointer { source in
        stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
        stream.pointee.avail_in = UInt32(source.count)
        var isFull = true
        while isFull && (result == Z_OK || result == Z_BUF_ERROR) {
          output.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.step) { target in
            let room = min(target.count, 1 << 30)
            stream.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
            stream.pointee.avail_out = UInt32(room)
            result = CZlib.deflate(stream, flush)
            isFull = stream.pointee.avail_out == 0
            return room - Int(stream.pointee.avail_out)
          }
        }
      }
      bytes = bytes.dropFirst(chunk.count)
    } while !bytes.isEmpty
  }
}
