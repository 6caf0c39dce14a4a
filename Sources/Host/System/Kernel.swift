import CHost
import Glibc

/// Constants of the running kernel.
package enum Kernel {
  /// USER_HZ: ticks per second of the times in procfs, 100 on every Linux that matters.
  package static let ticksPerSecond = UInt64(sysconf(CInt(_SC_CLK_TCK)))
  /// Bytes per page.
  package static let pageSize = UInt64(sysconf(CInt(_SC_PAGESIZE)))

  /// Waits until every CPU has seen what was before: the kernel then lets go of what ended, or is about to (RCU).
  package static func awaitGracePeriod() { chost_await_grace_period() }

  /// `uname -r`.
  package static var release: String {
    var name = utsname()
    guard uname(&name) == 0 else { return "unknown" }
    return withUnsafeBytes(of: &name.release, text)
  }

  /// `uname -n`.
  package static var hostName: String {
    var name = utsname()
    guard uname(&name) == 0 else { return "unknown" }
    return withUnsafeBytes(of: &name.nodename, text)
  }

  private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}
