import Glibc

/// Owns an open file descriptor and closes it at the end of its life.
package struct FileDescriptor: ~Copyable, Sendable {
  package let rawValue: CInt

  /// Takes ownership of `rawValue`.
  package init(owning rawValue: CInt) { self.rawValue = rawValue }

  /// `open(2)` with O_CLOEXEC; interrupted calls are repeated.
  package init(opening path: String, _ flags: CInt = O_RDONLY) throws(SystemError) {
    var descriptor: CInt
    repeat { descriptor = open(path, flags | O_CLOEXEC) } while descriptor < 0 && errno == EINTR
    guard descriptor >= 0 else { throw SystemError(errno, call: "open", path: path) }
    rawValue = descriptor
  }

  deinit { close(rawValue) }

  /// Goes back to the beginning of the file; `path` only names it in the error.
  package func rewind(path: String) throws(SystemError) {
    if lseek(rawValue, 0, SEEK_SET) < 0 { throw SystemError(errno, call: "lseek", path: path) }
  }

  /// `read(2)`; `path` only names the file in the error.
  /// - Returns: the number of bytes read, 0 at the end of the file.
  package func read(into buffer: UnsafeMutableRawBufferPointer, path: String) throws(SystemError) -> Int {
    var count: Int
    repeat { count = Glibc.read(rawValue, buffer.baseAddress, buffer.count) } while count < 0 && errno == EINTR
    guard count >= 0 else { throw SystemError(errno, call: "read", path: path) }
    return count
  }

  /// `pread(2)` from the beginning of the file: what procfs says now, without opening it again; `path` only names it in
  /// the error.
  /// - Returns: the number of bytes read, 0 where the file is empty.
  package func readFromStart(
    into buffer: UnsafeMutableRawBufferPointer, path: String
  ) throws(SystemError) -> Int {
    var count: Int
    repeat { count = pread(rawValue, buffer.baseAddress, buffer.count, 0) } while count < 0 && errno == EINTR
    guard count >= 0 else { throw SystemError(errno, call: "read", path: path) }
    return count
  }
}
