import Glibc

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
/// gone never works again. It allocates nothing per reading.
package final class CounterFile {
  package let path: String
  private let calls: FileCalls
  private var descriptor: CInt = -1
  // The longest number is 20 digits and a newline: what does not fit is no number.
  private var buffer = [UInt8](repeating: 0, count: 64)

  package init(_ path: String, calls: FileCalls = FileCalls()) {
    self.path = path
    self.calls = calls
  }

  deinit { closeDescriptor() }

  /// The number the file shows now.
  package func read() throws(HostError) -> UInt64 {
    if descriptor < 0 {
      let result = calls.open(path)
      guard result >= 0 else { throw .system(SystemError(-result, call: "open", path: path)) }
      descriptor = result
    }
    let count = buffer.withUnsafeMutableBytes { calls.read(descriptor, path, $0) }
    guard count >= 0 else {
      closeDescriptor()
      throw .system(SystemError(CInt(-count), call: "read", path: path))
    }
    let bytes = buffer
    do throws(HostError) {
      return try TextCursor.number(bytes.span.extracting(0..<count), path: path)
    } catch {
      closeDescriptor()
      throw error
    }
  }

  private func closeDescriptor() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
  }
}
