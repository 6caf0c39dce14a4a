import CHost
import Glibc

/// A command that begins when it is told to.
package struct LaunchedCommand {
  /// Whom a command runs as.
  package struct User: Sendable, Hashable {
    package let identity: UserIdentity
    package let groups: [UInt32]
    package let home: String
    package let shell: String
  }

  package let pid: UInt32
  private let child: chost_child

  /// Keeps how signals are treated and how many descriptors there may be, for commands to have it so. To be called once, before signals are held back.
  package static func prepare() throws(SystemError) {
    let error = chost_launch_prepare()
    if error < 0 { throw SystemError(-error, call: "sigaction", path: "this process") }
  }

  /// Makes the process, which waits until `begin()`.
  ///
  /// - Parameters:
  ///   - arguments: the command first: a path, or a name to look for in PATH.
  ///   - environment: `NAME=value` each.
  ///   - user: whom it becomes; nil: whom this process is.
  package init(_ arguments: [String], environment: [String], as user: User?) throws(SystemError) {
    var argv = arguments.map { strdup($0) } + [nil]
    var envp = environment.map { strdup($0) } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    var child = chost_child()
    let groups = user?.groups ?? []
    let error = argv.withUnsafeMutableBufferPointer { argv in
      envp.withUnsafeMutableBufferPointer { envp in
        groups.withUnsafeBufferPointer { groups in
          var command = chost_command()
          command.arguments = UnsafePointer(argv.baseAddress)
          command.environment = UnsafePointer(envp.baseAddress)
          command.groups = groups.baseAddress
          command.group_count = groups.count
          command.user = user?.identity.user ?? 0
          command.group = user?.identity.group ?? 0
          command.changes_user = user != nil
          return chost_launch(&command, &child)
        }
      }
    }
    if error < 0 { throw SystemError(-error, call: "fork", path: arguments.first ?? "") }
    self.child = child
    pid = UInt32(child.pid)
  }

  /// Lets it begin, once.
  ///
  /// - Throws: what execve(2) failed with: the process has ended then.
  package func begin() throws(SystemError) {
    var child = child
    let error = chost_let_go(&child)
    if error != 0 { throw SystemError(error, call: "execve", path: "the command") }
  }

  /// Its status as waitpid(2) has it, once it has ended; nil while it lives.
  package func status() throws(SystemError) -> CInt? {
    var status: CInt = 0
    let found = chost_reap(child.pid, &status)
    if found < 0 { throw SystemError(-found, call: "waitpid", path: "\(pid)") }
    return found == 0 ? nil : status
  }

  /// Ends this process as one ended that had this status.
  package static func endLike(_ status: CInt) -> Never { chost_end_like(status) }
}

extension LaunchedCommand.User {
  /// The user `identity` with all groups, as logging in would give them.
  package init(_ identity: UserIdentity) {
    var groups = [gid_t](repeating: 0, count: 65536)
    var count = CInt(groups.count)
    var home = "/"
    var shell = "/bin/sh"
    if let name = identity.name, getgrouplist(name, identity.group, &groups, &count) >= 0 {
      groups.removeLast(groups.count - Int(count))
    } else {
      groups = [identity.group]
    }
    if let record = getpwuid(identity.user) {
      home = String(cString: record.pointee.pw_dir)
      shell = String(cString: record.pointee.pw_shell)
    }
    self.init(identity: identity, groups: groups, home: home, shell: shell)
  }
}
