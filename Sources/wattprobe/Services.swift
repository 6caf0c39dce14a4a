import Collecting
import Glibc
import Host
import Logging
import ServiceLifecycle
import Web

/// Serves until the program is asked to stop, then lets the scrape in hand finish.
struct WebService: Service {
  let server: WebServer
  let notifier: SystemdNotifier
  let logger: Logger

  func run() async throws {
    let addresses = try await server.start()
    logger.info("ready", metadata: ["version": "\(Version.number)", "revision": "\(Version.revision)"])
    notifier.send("READY=1\nSTATUS=Serving on \(addresses.map(\.description).joined(separator: ", "))")
    OwnMemory.started()
    try? await gracefulShutdown()
    notifier.send("STOPPING=1")
    endAnyway()
    await server.shutdown()
  }
}

extension WebService {
  /// What the program gives itself from the signal to its end.
  private static let patience = Duration.milliseconds(1900)

  /// Ends the process in time even if a collector hangs in the kernel and never lets go of its thread.
  private func endAnyway() {
    Task.detached {
      try? await Task.sleep(for: Self.patience)
      logger.warning("a collector hangs; exiting without waiting for it")
      _exit(0)
    }
  }
}

/// Reads between scrapes what must be read at times of its own.
struct SamplingService: Service {
  let collectors: CollectorSet
  let helper: Helper?
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      var isHelped = helper != nil
      while !Task.isCancelled {
        let next = collectors.sampleDue()
        if isHelped, helper?.helper.hasEnded == true {
          isHelped = false
          logger.error(
            "the privileged helper is gone",
            metadata: [
              "cause": "its process wattprobe-priv was ended",
              "consequence": "no run-time statistics of eBPF programs; no sensor that returns is opened again",
              "cure": "restart wattprobe",
            ])
        }
        let now = MonotonicClock.now
        let pause = next.map { $0 > now ? $0 - now : 0 } ?? 1_000_000_000
        try? await Task.sleep(for: .nanoseconds(pause))
      }
    }
  }
}
