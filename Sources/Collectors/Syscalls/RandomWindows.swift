package import BPF
package import Collecting
internal import Glibc
package import Host
internal import Synchronization

/// Has a program attached in short windows of time, from a thread of its own: each time the kernel is asked, it patches
/// code and may take a while.
///
/// The gap between two windows is a random one of an exponential distribution: whatever has passed of it, the next window
/// is as likely to begin now as at any other moment, so that no load, periodic or not, is hit or missed in step
/// (R. W. Wolff, "Poisson Arrivals See Time Averages", Operations Research 30(2), 1982).
package final class RandomWindows: Sendable {
  /// In nanoseconds. One call in a hundred begins in a window.
  package struct Times: Sendable {
    package var window: UInt64 = 20_000_000
    package var meanGap: UInt64 = 1_980_000_000

    package init() {}
  }

  private struct State {
    var isRunning = false
    var hasEnded = false
    var count = 0
    var failure: CollectorFailure?
  }

  private let program: TracepointSwitch
  private let times: Times
  private let wakeUp: EventDescriptor
  private let state = Mutex(State())

  /// Opens none yet.
  package init(_ program: TracepointSwitch, _ times: Times) throws(SystemError) {
    self.program = program
    self.times = times
    wakeUp = try EventDescriptor()
  }

  /// Starts the thread where there is none. To be called once the process has the privileges that it keeps.
  package func start() {
    let isFirst = state.withLock { state in
      defer { state.isRunning = true }
      return !state.isRunning
    }
    guard isFirst else { return }
    do throws(SystemError) {
      try OwnThread.start { self.run() }
    } catch {
      state.withLock { state in
        state.isRunning = false
        state.failure = Self.failure("\(error)", cure: "raise the limit of threads (TasksMax= of the unit)")
      }
    }
  }

  /// Closes the window, and lets the thread end.
  package func end() {
    state.withLock { $0.hasEnded = true }
    wakeUp.signal()
  }

  /// How many windows there were.
  package var count: Int { state.withLock { $0.count } }

  /// Why there was none the last time; nil where there was.
  package var failure: CollectorFailure? { state.withLock { $0.failure } }

  private func run() {
    var random = SystemRandomNumberGenerator()
    while waits(Self.gap(mean: times.meanGap, &random)) {
      do throws(BPFError) {
        try program.on()
        state.withLock { state in
          state.count += 1
          state.failure = nil
        }
      } catch {
        let cure = CollectorFailure(error).cure
        state.withLock { $0.failure = Self.failure("\(error)", cure: cure, reason: CollectorFailure(error).reason) }
        continue
      }
      let goesOn = waits(times.window)
      program.off()
      if !goesOn { return }
    }
  }

  /// Returns false where it has ended.
  private func waits(_ nanoseconds: UInt64) -> Bool {
    wakeUp.wait(nanoseconds: nanoseconds)
    return !state.withLock { $0.hasEnded }
  }

  /// A gap of an exponential distribution, at most twenty times the mean, which one in five hundred million is.
  static func gap(mean: UInt64, _ random: inout some RandomNumberGenerator) -> UInt64 {
    let uniform = Double.random(in: Double.ulpOfOne..<1, using: &random)
    return UInt64(min(-log(uniform), 20) * Double(mean))
  }

  private static func failure(_ cause: String, cure: String, reason: StaticReason = .hook) -> CollectorFailure {
    CollectorFailure(reason, "system calls are counted, but not timed: \(cause)", cure: cure)
  }
}
