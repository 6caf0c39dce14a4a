internal import CHost
internal import Glibc

/// Linux capabilities of this process, by their numbers in capability.h.
package struct Capabilities: OptionSet, Sendable, Hashable {
  package let rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }

  private init(bit: UInt64) { rawValue = 1 << bit }

  package static let dacReadSearch = Capabilities(bit: 2)
  package static let setPCap = Capabilities(bit: 8)
  package static let netBindService = Capabilities(bit: 10)
  package static let sysAdmin = Capabilities(bit: 21)
  package static let bpf = Capabilities(bit: 39)

  /// The capability bits the kernel may know.
  fileprivate static let highest: Int32 = 63

  /// What this thread may use now.
  package static var effective: Capabilities {
    var effective: UInt64 = 0
    var permitted: UInt64 = 0
    return chost_capabilities(&effective, &permitted) == 0 ? Capabilities(rawValue: effective) : []
  }

  /// Runs `body` with nothing but `capabilities` in effect, to find out what it takes; the others come back after it.
  package static func withOnly<T>(_ capabilities: Capabilities, _ body: () -> T) -> T {
    var effective: UInt64 = 0
    var permitted: UInt64 = 0
    guard chost_capabilities(&effective, &permitted) == 0,
      chost_set_capabilities(effective & capabilities.rawValue, permitted) == 0
    else { return body() }
    defer { _ = chost_set_capabilities(effective, permitted) }
    return body()
  }

  /// Gives up for good everything but `kept`. To be called while the process has one thread: later ones inherit it.
  package static func restrict(to kept: Capabilities) throws(SystemError) {
    var effective: UInt64 = 0
    var permitted: UInt64 = 0
    var error = chost_capabilities(&effective, &permitted)
    if error != 0 { throw SystemError(-error, call: "capget", path: "this process") }
    if effective & Capabilities.setPCap.rawValue != 0 {
      for bit in 0...highest where kept.rawValue & (1 << UInt64(bit)) == 0 { _ = chost_drop_bounding(bit) }
    }
    error = chost_set_capabilities(effective & kept.rawValue, permitted & kept.rawValue)
    if error != 0 { throw SystemError(-error, call: "capset", path: "this process") }
    error = chost_no_new_privileges()
    if error != 0 { throw SystemError(-error, call: "prctl(PR_SET_NO_NEW_PRIVS)", path: "this process") }
  }
}
