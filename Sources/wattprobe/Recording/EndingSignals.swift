import Glibc
import Host
import Synchronization

/// SIGINT, SIGTERM and SIGHUP as something that a wait for descriptors sees, whenever they come.
struct EndingSignals: ~Copyable {
  private static let signals = [SIGINT, SIGTERM, SIGHUP]
  /// Where the handler writes.
  private static let entrance = Atomic<Int32>(-1)

  /// Can be read once one has come.
  let descriptor: FileDescriptor
  private let writing: FileDescriptor

  /// Takes them over; one that was ignored, as nohup(1) does, remains so.
  init() throws(StartError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw StartError("pipe: \(String(cString: strerror(errno)))", cure: "raise the limit of open files (ulimit -n)")
    }
    descriptor = FileDescriptor(owning: ends[0])
    writing = FileDescriptor(owning: ends[1])
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    Self.entrance.store(ends[1], ordering: .releasing)
    // a terminal or a reader that is gone is no reason to lose anything
    signal(SIGPIPE, SIG_IGN)
    // whoever started it may have had them blocked
    var all = sigset_t()
    sigemptyset(&all)
    for number in Self.signals { sigaddset(&all, number) }
    pthread_sigmask(SIG_UNBLOCK, &all, nil)
    for number in Self.signals {
      var old = sigaction()
      sigaction(number, nil, &old)
      if unsafeBitCast(old.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) {
        continue
      }
      signal(number, Self.handle)
    }
  }

  /// Async-signal-safe; the error number is the interrupted code's.
  private static let handle: @convention(c) (Int32) -> Void = { _ in
    let number = errno
    var byte: UInt8 = 1
    _ = Glibc.write(EndingSignals.entrance.load(ordering: .acquiring), &byte, 1)
    errno = number
  }

  /// Whether one has come.
  var isSignalled: Bool {
    var polled = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
    return poll(&polled, 1, 0) > 0
  }

  /// Has them end the process again: what follows can be broken off.
  func restore() {
    for number in Self.signals { signal(number, SIG_DFL) }
    Self.entrance.store(-1, ordering: .releasing)
  }
}
