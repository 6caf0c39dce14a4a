internal import CHost
internal import Glibc

/// Linux capabilities of this process, by their numbers in capability.h.
package struct Capabilities: OptionSet, Sendable, Hashable {
  package let rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }

  private init(bit: UInt64) { rawValue = 1 << bit }

  package static let dacReadSearch = Capabilities(bit: 2)
  package static let setGID = Capabilities(bit: 6)
  package static let setUID = Capabilities(bit: 7)
  package static let setPCap = Capabilities(bit: 8)
  package static let netBindService = Capabilities(bit: 10)
  package static let sysAdmin = Capabilities(bit: 21)
  package static let perfmon = Capabilities(bit: 38)
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

  /// Gives up for good everything but `kept`, becomes the user and enters the sandbox that were settled upon, in the calling
  /// thread alone: threads that it makes later inherit it. A thread that was made before, and still needs privileges, calls
  /// this itself when it does not any more. To do it again allows nothing more.
  ///
  /// - Returns: what the kernel has of the sandbox; nil where there is none.
  @discardableResult
  package static func restrict(
    to kept: Capabilities, as user: UserIdentity? = UserIdentity.toBecome, within sandbox: Sandbox? = Sandbox.settled
  ) throws(SystemError) -> Sandbox.Parts? {
    let opened = sandbox?.open()
    var effective: UInt64 = 0
    var permitted: UInt64 = 0
    try check(chost_capabilities(&effective, &permitted), "capget")
    if effective & Capabilities.setPCap.rawValue != 0 {
      for bit in 0...highest where kept.rawValue & (1 << UInt64(bit)) == 0 { _ = chost_drop_bounding(bit) }
    }
    _ = chost_drop_ambient()
    if let user { try check(chost_become(user.user, user.group, !kept.isEmpty), "setresuid \(user)") }
    try check(chost_set_capabilities(effective & kept.rawValue, permitted & kept.rawValue), "capset")
    try check(chost_no_new_privileges(), "prctl(PR_SET_NO_NEW_PRIVS)")
    guard let sandbox, let opened else { return nil }
    return sandbox.enter(opened)
  }

  private static func check(_ error: CInt, _ call: String) throws(SystemError) {
    if error != 0 { throw SystemError(-error, call: call, path: "this process") }
  }
}
