/// What ended processes did that no leaf has had yet.
///
/// The kernel keeps the sum of what all ended processes did (`done`), and of those that a pass saw while they lived, their
/// leaves have had the most part already (`owed`). The rest is what they did since that pass, and all of those that no pass
/// saw. Between the moment that the iterator sees a process no more and the moment that it is in the sum, some milliseconds
/// pass: the difference is too low then, and what is lacking comes with the next window. A process that moves to another
/// group and ends before a pass sees it there leaves a difference that no time mends: it is given up.
package struct DeadWork: Sendable, Hashable {
  /// What leaves have had of those that ended since, while they lived.
  package var owed = Weights.zero
  private var given = Weights.zero
  /// Since when the sum lags behind; nil while it does not.
  private var lagsSince: UInt64?
  /// RCU may put off what it can for ten seconds.
  private static let patience: UInt64 = 30_000_000_000

  package init() {}

  /// Begins with what was done before as given.
  package init(from done: Weights) { given = done }

  /// What is new at `now`; nothing for a package in which the sum lags behind.
  package mutating func take(_ done: Weights, now: UInt64) -> Weights {
    let due = done &- owed
    let more = due &- given
    // modulo 2^64: what is more than half of that is less than nothing
    let lags = more .> UInt64.max / 2
    if any(lags) {
      let since = lagsSince ?? now
      lagsSince = since
      if now.subtracting(since) > Self.patience { owed.replace(with: done &- given, where: lags) }
    } else {
      lagsSince = nil
    }
    given.replace(with: due, where: .!lags)
    return more.replacing(with: 0, where: lags)
  }
}

/// One control group in the ledger: the processes without series in it.
package struct GroupWork: Sendable, Hashable {
  /// Their leaf, or -1.
  package var leaf = -1
  package var dead = DeadWork()

  package init(dead: DeadWork = DeadWork()) { self.dead = dead }
}
