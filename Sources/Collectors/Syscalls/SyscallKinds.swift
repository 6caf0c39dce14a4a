internal import BPFPrograms
internal import Host

/// What programs know of system calls, by index: `kinds` and `sigreturn` of their configurations.
enum SyscallKinds {
  /// Category, and whether the call returns twice or ends its thread.
  static var all: [UInt8] {
    let table = SyscallTable.native
    return (0..<Int(SYSCALL_INDEXES)).map { index in
      var kind = UInt8(SyscallCategory.index(of: table.category(index)))
      switch table.name(index) {
      case "fork", "vfork", "clone", "clone3": kind |= UInt8(SYSCALL_FORKS)
      case "exit", "exit_group": kind |= UInt8(SYSCALL_ENDS)
      default: break
      }
      return kind
    }
  }

  /// The number of the call that returns what another one did.
  static var sigreturn: UInt32 {
    let table = SyscallTable.native
    return (0...table.highest).first { table.name($0) == "rt_sigreturn" }.map(UInt32.init)!
  }
}
