import Glibc

/// Threads of the program's own.
package enum OwnThread {
  private final class Body {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Runs `body` on a new thread that takes no signals and that nobody waits for.
  package static func start(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
    pthread_detach(try create(body))
  }

  /// Runs `other` on a new thread that takes no signals, and `own` on this one, and returns when both are done. Where no thread
  /// can be made, `other` runs after `own`.
  package static func run(_ other: @escaping @Sendable () -> Void, beside own: () -> Void) {
    let thread = try? create(other)
    own()
    if let thread { pthread_join(thread, nil) } else { other() }
  }

  private static func create(_ body: @escaping @Sendable () -> Void) throws(SystemError) -> pthread_t {
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(Body(body))
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    let code = pthread_create(
      &thread, nil,
      { argument in
        Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
        return nil
      }, argument.toOpaque())
    pthread_sigmask(SIG_SETMASK, &before, nil)
    guard code == 0 else {
      argument.release()
      throw SystemError(code, call: "pthread_create", path: "this process")
    }
    return thread
  }
}
