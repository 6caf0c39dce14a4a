internal import ByteText
internal import CLibbpf
internal import Glibc

/// A refused bpf(2) or libbpf call.
package struct BPFError: Error, Hashable, CustomStringConvertible {
  /// What was tried, naming the thing: `load program object sched`.
  package let operation: String
  /// The positive errno.
  package let errno: Int32
  /// libbpf's warnings and the end of the verifier's log; may be empty.
  package let log: String

  init(_ operation: String, errno: Int32, log: String = "") {
    self.operation = operation
    self.errno = errno < 0 ? -errno : errno
    self.log = log
  }

  /// One line: the operation and the errno's text.
  package var description: String {
    "cannot \(operation): \(String(cString: strerror(errno)))"
  }

  /// What of the log says why, on one line; empty where there is nothing.
  package var cause: String {
    let noise = ["Retrying without BTF", "-- BEGIN", "-- END", "failed to load", "processed "]
    let lines = log.split(at: "\n").filter { line in !noise.contains { line.contains($0) } }
    return lines.suffix(3).joined(separator: "; ")
  }

  /// A missing capability; EACCES is how the verifier refuses a program.
  package var isPermission: Bool { errno == EPERM }
}

/// libbpf's warnings on this thread, kept while a call runs.
enum CallLog {
  private static let installed: Void = wp_log_install()

  static func begin() {
    _ = installed
    wp_log_clear()
  }

  static func text() -> String { String(cString: wp_log_text()) }
}
