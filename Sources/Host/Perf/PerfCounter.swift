import CHost
import Glibc

/// One perf event that counts on one CPU, opened at the first reading and again after a failure, when it starts at 0 anew.
package final class PerfCounter {
  /// Opens the event: the descriptor, or the negated `errno`. Tests put another in its place.
  package typealias Open = @Sendable (_ type: UInt32, _ config: UInt64, _ cpu: Int) -> CInt

  /// `perf_event_open(2)`.
  package static let systemOpen: Open = { chost_perf_open($0, $1, CInt($2)) }

  private let type: UInt32
  private let config: UInt64
  private let cpu: Int
  private let name: String
  private let open: Open
  private var descriptor: CInt = -1

  /// - Parameter name: the event in errors, such as `power/energy-pkg on CPU 0`.
  package init(type: UInt32, config: UInt64, cpu: Int, name: String, open: @escaping Open = PerfCounter.systemOpen) {
    self.type = type
    self.config = config
    self.cpu = cpu
    self.name = name
    self.open = open
  }

  deinit { closeDescriptor() }

  /// The count since the event was opened, modulo 2^64.
  ///
  /// EACCES and EPERM mean that CAP_PERFMON is missing and `perf_event_paranoid` forbids events without it.
  package func read() throws(HostError) -> UInt64 {
    if descriptor < 0 {
      let result = open(type, config, cpu)
      guard result >= 0 else { throw .system(SystemError(-result, call: "perf_event_open", path: name)) }
      descriptor = result
    }
    var count: UInt64 = 0
    let size = Glibc.read(descriptor, &count, MemoryLayout<UInt64>.size)
    guard size == MemoryLayout<UInt64>.size else {
      let error = size < 0 ? errno : 0
      closeDescriptor()
      if error != 0 { throw .system(SystemError(error, call: "read", path: name)) }
      // The kernel answers an event in error state, such as one whose CPUs are all gone, with the end of the file.
      throw .malformed(path: name, expected: "8 bytes", found: "\(size) bytes")
    }
    return count
  }

  private func closeDescriptor() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
  }
}
