internal import Exposition
internal import Synchronization

/// How one collector's part of a collection went.
struct CollectionOutcome: Sendable {
  let collector: String
  /// In nanoseconds.
  let duration: UInt64
  let isSuccess: Bool
}

/// The collection or sampling under way, as those see it who cannot wait for its end. Its lock is held for moments only.
final class Progress: Sendable {
  /// What is being read, and since when by CLOCK_MONOTONIC, in nanoseconds.
  struct Busy: Sendable {
    let collector: String
    let since: UInt64

    /// For how many seconds, at `now`.
    func seconds(at now: UInt64) -> UInt64 { now > since ? (now - since) / 1_000_000_000 : 0 }
  }

  /// A collection as far as it has come.
  struct Collection: Sendable {
    let selection: CollectorSelection
    /// One of each collector that is done.
    var parts: [Snapshot] = []
    var outcomes: [CollectionOutcome] = []
  }

  private struct State {
    var busy: Busy?
    var collection: Collection?
  }

  private let state = Mutex(State())

  var busy: Busy? { state.withLock { $0.busy } }

  func begin(_ selection: CollectorSelection) {
    state.withLock { $0.collection = Collection(selection: selection) }
  }

  func start(_ collector: String, at now: UInt64) {
    state.withLock { $0.busy = Busy(collector: collector, since: now) }
  }

  /// A sampling ended.
  func finish() { state.withLock { $0.busy = nil } }

  /// A collector's part is done; nil: the program's own, whose outcome is not told.
  func finish(_ outcome: CollectionOutcome?, _ part: Snapshot) {
    state.withLock { state in
      state.busy = nil
      state.collection?.parts.append(part)
      if let outcome { state.collection?.outcomes.append(outcome) }
    }
  }

  /// Hands over what was collected.
  func end() -> Collection? {
    state.withLock { $0.collection.take() }
  }

  /// What there is of a collection that goes on, and what it waits for; nil where none of this selection does.
  func partial(of selection: CollectorSelection) -> (Collection, Busy?)? {
    state.withLock { state in
      guard let collection = state.collection, collection.selection == selection else { return nil }
      return (collection, state.busy)
    }
  }
}
