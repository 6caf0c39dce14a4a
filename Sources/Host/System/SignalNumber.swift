/// The names of signal numbers, for labels.
package enum SignalNumber {
  /// The highest signal, `_NSIG` on Linux.
  package static let highest = 64

  /// The name of a signal, such as `SIGKILL` for 9; nil for 0 and past 64.
  ///
  /// The same on x86-64 and arm64 (`asm-generic/signal.h`). Real-time signals count from 34 as programs see `SIGRTMIN`:
  /// the C libraries keep 32 and 33 for themselves, which are `SIG32` and `SIG33` here.
  package static func name(_ number: Int) -> String? {
    switch number {
    case 1...31: standard[number - 1]
    case 32, 33: "SIG\(number)"
    case 34: "SIGRTMIN"
    case 35...highest: "SIGRTMIN+\(number - 34)"
    default: nil
    }
  }

  private static let standard = [
    "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV",
    "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN",
    "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
  ]
}
