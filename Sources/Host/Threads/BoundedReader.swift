internal import Synchronization

/// Reads what may never answer: a driver in trouble keeps a read, or an open, for as long as it likes.
///
/// Reads are made by a thread of the reader's own, and who asks waits a bounded time. What is late then goes on alone: it
/// is not asked again before it is back, and its answer, late as it is, is that of the next time. So a sensor that takes
/// long to measure is read one interval late, and one that hangs costs the wait once.
package final class BoundedReader: Sendable {
  private typealias Worker = AnsweringThread<@Sendable () -> any Sendable, any Sendable>

  private struct State {
    var worker: Worker?
    /// What has not answered in time, and the thread that waits for it.
    var late: [String: Worker] = [:]
  }

  /// Reads that may hang at a time, each with its thread; further ones fail at once.
  package static let mostLate = 64

  private let patience: CInt
  private let patienceBesideLate: CInt
  private let state = Mutex(State())

  /// - Parameters:
  ///   - patience: in milliseconds; drivers that measure over a slow bus take some ten, machines without CPUs to spare more.
  ///   - besideLate: the same while anything is late.
  package init(patience: CInt = 1000, besideLate: CInt = 100) {
    self.patience = patience
    patienceBesideLate = besideLate
  }

  deinit {
    state.withLock { state in
      state.worker?.end()
      for worker in state.late.values { worker.end() }
    }
  }

  /// What `read` returns; nil where it has not in time, and while an earlier read of the same `thing` has not.
  package func answer<Answer: Sendable>(
    of thing: String, _ read: @escaping @Sendable () -> Answer
  ) -> Answer? {
    state.withLock { state in
      if let worker = state.late[thing] {
        guard case .answered(let answer) = worker.takeLateAnswer() else { return nil }
        state.late[thing] = nil
        return answer as? Answer
      }
      guard state.late.count < Self.mostLate, let worker = state.worker ?? Self.makeWorker() else { return nil }
      state.worker = worker
      if case .answered(let answer) = worker.ask(
        read, milliseconds: state.late.isEmpty ? patience : patienceBesideLate)
      {
        return answer as? Answer
      }
      state.worker = nil
      state.late[thing] = worker
      worker.end()
      return nil
    }
  }

  /// As `answer`, for what may fail; what is late has failed.
  package func result<Success: Sendable>(
    of path: String, _ read: @escaping @Sendable () -> Result<Success, HostError>
  ) throws(HostError) -> Success {
    guard let result = answer(of: path, read) else {
      throw .malformed(path: path, expected: "an answer in time", found: "none")
    }
    return try result.get()
  }

  private static func makeWorker() -> Worker? { try? Worker { { read in read() } } }

  /// Ends the thread that waits for questions. To be called before the process gives up privileges, which others would keep:
  /// one that is still in a read ends as it is back.
  package func rest() {
    state.withLock { state in
      state.worker?.end()
      state.worker = nil
    }
  }
}
