import Glibc
internal import Synchronization

/// The two system calls a `CounterFile` makes. Tests put failing ones in their place: root passes every mode bit.
package struct FileCalls: Sendable {
  /// `open(2)` for reading: the descriptor, or the negated `errno`.
  package var open: @Sendable (_ path: String) -> CInt
  /// `pread(2)` at offset 0: the number of bytes, or the negated `errno`.
  package var read: @Sendable (_ descriptor: CInt, _ path: String, _ buffer: UnsafeMutableRawBufferPointer) -> Int

  package init(
    open: @escaping @Sendable (String) -> CInt = { path in
      let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
      return descriptor < 0 ? -errno : descriptor
    },
    read: @escaping @Sendable (CInt, String, UnsafeMutableRawBufferPointer) -> Int = { descriptor, _, buffer in
      let count = pread(descriptor, buffer.baseAddress, buffer.count, 0)
      return count < 0 ? -Int(errno) : count
    }
  ) {
    self.open = open
    self.read = read
  }
}

/// A sysfs file that holds one number and is read again and again: opened at the first reading, then only `pread`.
///
/// After a failure the descriptor is closed and the next reading opens the path anew, for a descriptor of a device that is
/// gone never works again.
package final class CounterFile: Sendable {
  package var path: String { file.path }
  private let file: OpenFile
  private let reader: BoundedReader?

  /// - Parameter reader: reads it, so that a driver that does not answer makes a failed reading of it; nil: the caller's
  ///   own thread, for files that no driver stands behind.
  package init(_ path: String, calls: FileCalls = FileCalls(), reader: BoundedReader? = nil) {
    file = OpenFile(path, calls: calls)
    self.reader = reader
  }

  /// The number the file shows now.
  package func read() throws(HostError) -> UInt64 {
    guard let reader else { return try file.number().get() }
    return try reader.result(of: path) { [file] in file.number() }
  }
}

/// The descriptor, which whoever reads at the moment keeps open.
private final class OpenFile: Sendable {
  let path: String
  private let calls: FileCalls
  private let descriptor = Mutex<CInt>(-1)

  init(_ path: String, calls: FileCalls) {
    self.path = path
    self.calls = calls
  }

  deinit { descriptor.withLock { Self.close(&$0) } }

  func number() -> Result<UInt64, HostError> {
    descriptor.withLock { descriptor in
      do throws(HostError) {
        return .success(try number(&descriptor))
      } catch {
        Self.close(&descriptor)
        return .failure(error)
      }
    }
  }

  private func number(_ descriptor: inout CInt) throws(HostError) -> UInt64 {
    if descriptor < 0 {
      let result = calls.open(path)
      guard result >= 0 else { throw .system(SystemError(-result, call: "open", path: path)) }
      descriptor = result
    }
    // the longest number is 20 digits and a newline: what does not fit is no number
    var buffer = InlineArray<64, UInt8>(repeating: 0)
    var span = buffer.mutableSpan
    let count = span.withUnsafeMutableBytes { calls.read(descriptor, path, $0) }
    guard count >= 0 else { throw .system(SystemError(CInt(-count), call: "read", path: path)) }
    return try TextCursor.number(buffer.span.extracting(0..<min(count, buffer.count)), path: path)
  }

  private static func close(_ descriptor: inout CInt) {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }
}
