import Glibc

/// Whole files of procfs and sysfs.
package enum SmallFile {
  /// No file of the kernel's that is read whole is larger, on the largest of machines.
  package static let mostBytes = 16 << 20

  /// Replaces what `bytes` holds by the whole file, keeping its memory for the next file.
  ///
  /// It reads to the end instead of asking for the size, which procfs gives as 0.
  ///
  /// - Parameter most: a file with more bytes fails with EFBIG.
  package static func read(
    _ path: String, into bytes: inout [UInt8], most: Int = mostBytes
  ) throws(SystemError) {
    let file = try FileDescriptor(opening: path)
    bytes.removeAll(keepingCapacity: true)
    while true {
      var failure: SystemError?
      let before = bytes.count
      // procfs hands out a file in pieces of any size
      bytes.append(addingCapacity: max(bytes.capacity - before, before, 4096)) { span in
        span.withUnsafeMutableBufferPointer { buffer, count in
          do throws(SystemError) {
            count += try file.read(
              into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...]), path: path
            )
          } catch {
            failure = error
          }
        }
      }
      if let failure {
        bytes.removeAll(keepingCapacity: true)
        throw failure
      }
      if bytes.count == before { return }
      if bytes.count > most {
        bytes.removeAll()
        throw SystemError(EFBIG, call: "read", path: path)
      }
    }
  }

  /// The whole file, for readers that fail by what it holds, too.
  package static func bytes(_ path: String) throws(HostError) -> [UInt8] {
    var bytes: [UInt8] = []
    do throws(SystemError) { try read(path, into: &bytes) } catch { throw .system(error) }
    return bytes
  }

  /// The file as text without its last newline; invalid UTF-8 is replaced.
  package static func text(_ path: String, most: Int = mostBytes) throws(SystemError) -> String {
    var bytes: [UInt8] = []
    try read(path, into: &bytes, most: most)
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A file that holds one decimal number and at most a newline after it.
  package static func unsigned(_ path: String) throws(HostError) -> UInt64 {
    let bytes = try self.bytes(path)
    return try TextCursor.number(bytes.span, path: path)
  }
}
