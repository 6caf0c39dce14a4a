/// Run time of ended processes that no leaf has had yet.
///
/// The kernel keeps the sum of what all ended processes had used (`used`), and of those that a pass saw while they lived,
/// their leaves have had the most part already (`owed`). The rest is what they used since that pass, and all of those that
/// no pass saw. Between the moment that the iterator sees a process no more and the moment that it is in the sum, some
/// milliseconds pass: the difference is too low then, and what is lacking comes with the next window. A process that moves
/// to another group and ends before a pass sees it there leaves a difference that no time mends: it is given up.
struct DeadRunTime: Hashable {
  /// What leaves have had of those that ended since, while they lived.
  var owed: UInt64 = 0
  private var given: UInt64 = 0
  /// Since when the sum lags behind; nil while it does not.
  private var lagsSince: UInt64?
  /// RCU may put off what it can for ten seconds.
  private static let patience: UInt64 = 30_000_000_000

  init() {}

  /// Begins with what was used before as given.
  init(from used: UInt64) { given = used }

  /// What is new at `now`, but not more than `most`, which is what could have run; nothing while the sum lags behind.
  mutating func take(_ used: UInt64, now: UInt64, most: UInt64) -> UInt64 {
    let due = used &- owed
    let more = Int64(bitPattern: due &- given)
    if more < 0 {
      let since = lagsSince ?? now
      lagsSince = since
      if now.subtracting(since) > Self.patience { owed = used &- given }
      return 0
    }
    lagsSince = nil
    given = due
    return min(UInt64(more), most)
  }
}

/// One control group in the ledger: the processes without series in it.
struct GroupRunTime: Hashable {
  /// Their leaf, or -1.
  var leaf = -1
  var dead = DeadRunTime()
}
