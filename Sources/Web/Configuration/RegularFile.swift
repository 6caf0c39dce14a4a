import Glibc

/// A small file, read whole.
enum RegularFile {
  /// No certificate, and no bundle of them, is as large.
  static let mostBytes = 4 << 20

  /// The file's bytes; throws the cause in words. Never waits, as for a writer of a pipe.
  static func read(_ path: String) throws(WebConfigurationFileError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure(errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw WebConfigurationFileError("not a regular file") }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      let count = Glibc.read(descriptor, &piece, piece.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw failure(errno) }
      guard count > 0 else { return bytes }
      bytes += piece.prefix(count)
      guard bytes.count <= mostBytes else { throw WebConfigurationFileError("larger than \(mostBytes) bytes") }
    }
  }

  private static func failure(_ code: CInt) -> WebConfigurationFileError {
    let cause = String(cString: strerror(code))
    guard code == EACCES else { return WebConfigurationFileError(cause) }
    return WebConfigurationFileError(
      "\(cause): user \(geteuid()), group \(getegid()) has to be able to read it, and to search its folders")
  }
}
