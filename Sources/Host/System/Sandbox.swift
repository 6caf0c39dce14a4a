internal import ByteText
internal import CHost
internal import Glibc
internal import Synchronization

/// What a thread that has given up its privileges can still do: Landlock bounds what it opens and to where it connects and binds,
/// a seccomp filter which system calls it makes. What of it the kernel lacks is left out.
package struct Sandbox: Sendable, Hashable {
  /// Files of devices that are opened for writing, too: those in `folder` whose names begin with `prefix`.
  package struct Devices: Sendable, Hashable {
    let folder: String
    let prefix: String

    package init(folder: String, prefix: String) {
      self.folder = folder
      self.prefix = prefix
    }

    fileprivate var paths: [String] {
      ((try? Directory.names(folder)) ?? []).filter { $0.begins(with: prefix) }.map { folder + "/" + $0 }
    }
  }

  /// What the kernel has of it.
  package struct Parts: Sendable {
    /// The version of the interface of its Landlock.
    package let landlock: Result<Int, SystemError>
    package let seccomp: Result<Void, SystemError>
  }

  /// Folders and files that are read, with all below them. What is not there as a thread enters stays out of reach.
  let readable: [String]
  let devices: Devices?
  /// TCP ports that it binds to, 0: any that the kernel chooses; nil: all.
  let ports: [UInt16]?

  package init(reading readable: [String], devices: Devices?, ports: [UInt16]?) {
    self.readable = readable
    self.devices = devices
    self.ports = ports
  }

  private static let now = Mutex<Sandbox?>(nil)

  /// What every thread enters that gives up its privileges (`Capabilities.restrict`); nil: none. To be set before there is a
  /// second thread.
  package static var settled: Sandbox? {
    get { now.withLock { $0 } }
    set { now.withLock { $0 = newValue } }
  }

  /// Opens what is to be allowed, with the rights that the thread has now.
  func open() -> Opened {
    var version: CInt = 0
    let ports = ports ?? []
    let descriptor = chost_landlock_create(ports, ports.count, self.ports != nil, &version)
    if descriptor < 0 { return Opened(descriptor: descriptor, version: 0) }
    // what is not there, or not for this user, cannot be opened later either
    for path in readable { _ = chost_landlock_allow(descriptor, path, false) }
    for path in devices?.paths ?? [] { _ = chost_landlock_allow(descriptor, path, true) }
    return Opened(descriptor: descriptor, version: Int(version))
  }

  /// A ruleset of Landlock's that is not in force yet, or the negated `errno` that says why there is none.
  struct Opened {
    fileprivate let descriptor: CInt
    fileprivate let version: Int
  }

  /// Enters for good; the thread cannot gain privileges any more (PR_SET_NO_NEW_PRIVS).
  func enter(_ opened: Opened) -> Parts {
    let error = opened.descriptor < 0 ? opened.descriptor : chost_landlock_enter(opened.descriptor)
    let refusal = chost_refuse_calls(devices != nil)
    return Parts(
      landlock: error < 0
        ? .failure(SystemError(-error, call: "landlock_restrict_self", path: "this process"))
        : .success(opened.version),
      seccomp: refusal < 0
        ? .failure(SystemError(-refusal, call: "prctl(PR_SET_SECCOMP)", path: "this process")) : .success(()))
  }
}
