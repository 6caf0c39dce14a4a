/// Energy of a sensor that shows power: what it showed, times the real time that passed.
///
/// A reading of the moment is integrated by the trapezoid of it and the one before; a mean that the sensor itself keeps
/// stands for the time up to it. Sums are exact, whatever the period: nothing is rounded before it is shown.
package struct PowerIntegrator: Sendable {
  package enum Rule: Sendable {
    /// The mean of both readings, over the time between them.
    case trapezoid
    /// The later reading, over the time between them.
    case rectangle
  }

  /// Between two readings further apart nobody knows what went on: that time counts nothing.
  package static let longestGap: UInt64 = 300_000_000_000

  private struct Reading {
    let microwatts: UInt64
    let time: UInt64
  }

  private let rule: Rule
  private var last: Reading?
  /// Half microwatt nanoseconds.
  private var sum: UInt128 = 0

  package init(rule: Rule) { self.rule = rule }

  /// The energy since the first reading, rounded down.
  package var microjoules: UInt64 { UInt64(clamping: sum / 2_000_000_000) }

  /// Takes a reading at `now` nanoseconds.
  ///
  /// - Returns: the nanoseconds since the last reading where they are too many to be counted, else nil.
  package mutating func add(microwatts: UInt64, at now: UInt64) -> UInt64? {
    let here = Reading(microwatts: microwatts, time: now)
    guard let last, now > last.time else {
      // A clock that stands or steps back: no time has passed.
      if last.map({ now < $0.time }) != true { self.last = here }
      return nil
    }
    self.last = here
    let elapsed = now - last.time
    if elapsed > Self.longestGap { return elapsed }
    let twice =
      switch rule {
      case .trapezoid: UInt128(last.microwatts) + UInt128(microwatts)
      case .rectangle: 2 * UInt128(microwatts)
      }
    sum += twice * UInt128(elapsed)
    return nil
  }

  /// Forgets the last reading: the time up to the next one counts nothing.
  package mutating func pause() { last = nil }
}
