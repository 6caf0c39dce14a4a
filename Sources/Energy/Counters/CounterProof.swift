/// Whether a counter counts: it is believed once it has moved, and no longer once it has stood still for long.
///
/// A file or an event that can be read is no proof of a sensor. The kernel offers some unchecked (perf's `energy-psys` on
/// Sapphire and Emerald Rapids), and registers that a hypervisor makes up stay where they are.
package struct CounterProof: Sendable, Hashable {
  package enum State: Sendable, Hashable {
    /// It has not moved yet.
    case silent
    case believed
    /// It was believed, and has stood still since for longer than `patience`.
    case stuck
  }

  /// Counters of running hardware move every millisecond; the slowest gauges of batteries step every minute or two.
  package static let patience: UInt64 = 300_000_000_000

  package private(set) var state = State.silent
  /// It is an estimate: there is nothing to prove.
  private var isGiven = false
  /// When it moved last, or began to be watched; nil before the first reading.
  private var since: UInt64?

  package init() {}

  /// Of what needs no proof: an estimate.
  package static var given: CounterProof {
    var proof = CounterProof()
    proof.state = .believed
    proof.isGiven = true
    return proof
  }

  /// Takes note of a reading at `now` nanoseconds, and whether it brought energy.
  package mutating func take(hasMoved: Bool, at now: UInt64) {
    if isGiven { return }
    if hasMoved {
      state = .believed
      since = now
      return
    }
    guard let since else {
      since = now
      return
    }
    if state == .believed && now > since && now - since > Self.patience { state = .stuck }
  }

  /// There was nothing to measure: standing still counts from here on.
  package mutating func rest(at now: UInt64) { since = now }

  /// The counter is gone: whatever comes in its place has to move first.
  package mutating func lose() {
    if isGiven { return }
    state = .silent
    since = nil
  }
}
