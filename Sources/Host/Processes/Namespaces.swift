internal import CHost
import Glibc

/// The namespaces this process is in, as far as they change what it sees of others.
package enum Namespace: String, Sendable, CaseIterable {
  case pid
  case cgroup

  /// The inode of the one the kernel boots with (include/linux/proc_ns.h).
  private var initial: UInt64 {
    switch self {
    case .pid: 0xEFFF_FFFC
    case .cgroup: 0xEFFF_FFFB
    }
  }

  /// Whether this process is in the machine's own; nil where procfs does not tell.
  package func isInitial(paths: HostPaths) -> Bool? {
    // `pid:[4026531836]`
    guard let target = SymbolicLink.target(of: paths.proc("self/ns/\(rawValue)")),
      let number = UInt64(target.drop { $0 != "[" }.dropFirst().prefix { $0 != "]" })
    else { return nil }
    return number == initial
  }

  /// Has this thread, and those it starts from here on, see control groups as the machine's first process does.
  ///
  /// It takes CAP_SYS_ADMIN, and no fewer capabilities than that process has or CAP_SYS_PTRACE.
  package static func enterCgroupNamespaceOfInit(paths: HostPaths) throws(SystemError) {
    let path = paths.proc("1/ns/cgroup")
    let file = try FileDescriptor(opening: path)
    let error = chost_enter_cgroup_namespace(file.rawValue)
    if error != 0 { throw SystemError(-error, call: "setns", path: path) }
  }
}
