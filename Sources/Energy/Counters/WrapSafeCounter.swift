/// Adds up the readings of an energy counter that starts again at 0, fails at times, or vanishes: it never falls and never
/// counts a joule that was not measured.
///
/// A reading below the last one is a wrap where the counter has a range and the energy this implies is possible in the time
/// that passed. Otherwise it is a reset (resume from suspend, a module loaded again) or a bad reading, and the next one
/// tells: from the last good reading on if it is above that, from the low one on if it is not. Both are true lower bounds.
/// The same goes for a reading that is further up than is possible: it is held, and the next one tells.
/// More than one turn between two readings cannot be seen: keep the period under `longestPeriod`.
///
/// Of a counter whose range nobody tells (hwmon), 32 bits are assumed to be possible until a reading exceeds them, and a turn
/// is believed only where it fits what was seen before: from the last quarter to the first, at no more than twice the
/// highest mean power so far.
package struct WrapSafeCounter: Sendable {
  /// More than any package or memory draws: so fast counters are expected to turn.
  package static let fullPowerWatts: UInt64 = 4000
  /// Readings are not taken exactly when their time is: what may have passed unseen.
  private static let slack: UInt64 = 1_000_000_000

  private struct Reading {
    let microjoules: UInt64
    let time: UInt64
  }

  /// What 32 bits of microjoules count to.
  private static let narrow = CounterRange(modulus: 1 << 32)

  /// Nil: a step back is never a wrap, but of a counter that may be narrow.
  package let range: CounterRange?
  /// Whether it may have 32 bits only.
  private var mayBeNarrow: Bool
  /// No reading is believed that implies more, up or by a turn.
  private let mostWatts: UInt64
  /// The highest mean power of a window so far, in microjoules per second.
  private var highestPower: UInt64 = 0
  /// The energy since the first reading.
  package private(set) var microjoules: UInt64 = 0
  /// Readings that failed, were impossible, or stepped back and were held.
  package private(set) var errors: UInt64 = 0

  private var last: Reading?
  /// A reading below `last` that is no wrap.
  private var low: Reading?
  /// A reading above `last` by more than is possible.
  private var high: Reading?
  private var hasVanished = false

  /// - Parameters:
  ///   - mayBeNarrow: whether 32 bits are possible, where there is no range.
  ///   - mostWatts: more than what is measured can draw.
  package init(range: CounterRange?, mayBeNarrow: Bool = false, mostWatts: UInt64 = fullPowerWatts) {
    self.range = range
    self.mostWatts = mostWatts
    self.mayBeNarrow = range == nil && mayBeNarrow
  }

  /// The longest sampling period, in nanoseconds, that cannot miss a turn at full power.
  package var longestPeriod: UInt64 {
    (range ?? (mayBeNarrow ? Self.narrow : nil))?.longestPeriod(watts: Self.fullPowerWatts) ?? .max
  }

  /// Whether anything was ever read: until then there is no energy to show.
  package var hasReading: Bool { last != nil }

  /// Takes a reading in microjoules at `now` nanoseconds of a clock that never goes back.
  ///
  /// - Returns: the energy since the last good reading, which may lie further back than one period; nil for the first
  ///   reading, for one that is held, and where no time has passed (its energy is still counted in `microjoules`).
  package mutating func read(_ reading: UInt64, at now: UInt64) -> EnergyWindow? {
    if let range, reading >= range.modulus {
      errors += 1
      return nil
    }
    if reading >= Self.narrow.modulus { mayBeNarrow = false }
    let here = Reading(microjoules: reading, time: now)
    guard let last else {
      last = here
      return nil
    }
    let vanished = hasVanished
    hasVanished = false
    if isPossible(from: last, to: here) { return advance(by: reading - last.microjoules, since: last, to: here) }
    if reading >= last.microjoules {
      if let high, isPossible(from: high, to: here) {
        return advance(by: reading - high.microjoules, since: high, to: here)
      }
      errors += 1
      high = here
      return nil
    }
    high = nil
    if vanished {
      self.last = here
      low = nil
      return nil
    }
    if let low, isPossible(from: low, to: here) {
      return advance(by: reading - low.microjoules, since: low, to: here)
    }
    if low == nil, let range {
      let turned = range.modulus - last.microjoules + reading
      if turned <= possible(nanoseconds: elapsed(since: last, to: now)) {
        return advance(by: turned, since: last, to: here)
      }
    }
    if low == nil, let turned = narrowTurn(from: last, to: here) { return advance(by: turned, since: last, to: here) }
    errors += 1
    low = here
    return nil
  }

  /// Whether a counter may have gone up from the one reading to the other.
  private func isPossible(from base: Reading, to here: Reading) -> Bool {
    here.microjoules >= base.microjoules
      && here.microjoules - base.microjoules <= possible(nanoseconds: elapsed(since: base, to: here.time))
  }

  /// The energy of a turn of 32 bits, where that is what the readings look like.
  private func narrowTurn(from last: Reading, to here: Reading) -> UInt64? {
    let quarter = Self.narrow.modulus / 4
    guard mayBeNarrow, last.microjoules >= 3 * quarter, here.microjoules < quarter else { return nil }
    let turned = Self.narrow.modulus - last.microjoules + here.microjoules
    let seen = UInt128(highestPower) * 2 * UInt128(elapsed(since: last, to: here.time)) / 1_000_000_000
    return UInt128(turned) <= seen ? turned : nil
  }

  /// Energy counts from the last reading on: what came before is forgotten.
  package mutating func restart() { microjoules = 0 }

  /// A reading failed: the window stays open, and the next reading counts the whole gap.
  package mutating func fail() { errors += 1 }

  /// The counter is gone: when it comes back with a lower value, it counts from there. A higher one counts the gap.
  package mutating func vanish() {
    errors += 1
    hasVanished = true
  }

  private mutating func advance(by energy: UInt64, since base: Reading, to here: Reading) -> EnergyWindow? {
    microjoules = microjoules.saturating(plus: energy)
    last = here
    low = nil
    high = nil
    let nanoseconds = elapsed(since: base, to: here.time)
    if nanoseconds == 0 { return nil }
    highestPower = max(highestPower, UInt64(clamping: UInt128(energy) * 1_000_000_000 / UInt128(nanoseconds)))
    return EnergyWindow(microjoules: energy, nanoseconds: nanoseconds)
  }

  private func elapsed(since base: Reading, to now: UInt64) -> UInt64 { now > base.time ? now - base.time : 0 }

  /// Microjoules that the highest power yields in this time.
  private func possible(nanoseconds: UInt64) -> UInt64 {
    let product = (UInt128(nanoseconds) + UInt128(Self.slack)) * UInt128(mostWatts) / 1000
    return UInt64(clamping: product)
  }
}
