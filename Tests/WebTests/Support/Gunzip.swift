import CZlib

/// Inflates one gzip stream; nil where it is not one, or has something after its end.
func gunzip(_ bytes: [UInt8]) -> [UInt8]? {
  var stream = z_stream()
  guard czlib_gunzip_begin(&stream) == Z_OK else { return nil }
  defer { inflateEnd(&stream) }
  var output: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 1 << 16)
  return bytes.withUnsafeBufferPointer { source in
    stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
    stream.avail_in = UInt32(source.count)
    while true {
      let (result, count) = piece.withUnsafeMutableBufferPointer { target in
        stream.next_out = target.baseAddress
        stream.avail_out = UInt32(target.count)
        let result = inflate(&stream, Z_NO_FLUSH)
        return (result, target.count - Int(stream.avail_out))
      }
      output += piece.prefix(count)
      if result == Z_STREAM_END { return stream.avail_in == 0 ? output : nil }
      if result != Z_OK { return nil }
    }
  }
}
