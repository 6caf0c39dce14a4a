import Glibc

/// A system call that failed: which one, on what, and the kernel's `errno`.
package struct SystemError: Error, Hashable, CustomStringConvertible {
  package let errno: CInt
  /// The C name of the call, such as `open`.
  package let call: String
  /// The file, or what stands for one: `power/energy-pkg on CPU 0`.
  package let path: String

  package init(_ errno: CInt, call: String, path: String) {
    self.errno = errno
    self.call = call
    self.path = path
  }

  /// `open /sys/class/powercap/intel-rapl:0/energy_uj: Permission denied`.
  package var description: String { "\(call) \(path): \(String(cString: strerror(errno)))" }
}

/// Why something could not be read from the host.
package enum HostError: Error, Hashable, CustomStringConvertible {
  case system(SystemError)
  /// The file was read, but says something else than `expected`; `found` is how it begins.
  case malformed(path: String, expected: String, found: String)

  /// The thing does not exist, or no longer does: ENOENT, and ENODEV from a descriptor whose device is gone.
  package var isAbsence: Bool {
    guard case .system(let error) = self else { return false }
    return error.errno == ENOENT || error.errno == ENODEV || error.errno == ENXIO || error.errno == ENOTDIR
  }

  /// A privilege is missing: EACCES or EPERM.
  package var isPermission: Bool {
    guard case .system(let error) = self else { return false }
    return error.errno == EACCES || error.errno == EPERM
  }

  package var path: String {
    switch self {
    case .system(let error): error.path
    case .malformed(let path, _, _): path
    }
  }

  package var description: String {
    switch self {
    case .system(let error): error.description
    case .malformed(let path, let expected, let found): "\(path): expected \(expected), found \"\(found)\""
    }
  }

  static func malformed(_ path: String, expected: String, in bytes: Span<UInt8>) -> HostError {
    var found: [UInt8] = []
    for index in 0..<min(bytes.count, 40) where bytes[index] != UInt8(ascii: "\n") { found.append(bytes[index]) }
    return .malformed(path: path, expected: expected, found: String(decoding: found, as: UTF8.self))
  }
}
