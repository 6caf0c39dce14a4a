/// The energy of one zone and who used it: weights are added up until a window closes, then its energy is divided among them.
///
/// Leaves are known by number. Each zone has weights of its own, so those of one package may differ from those of another.
package struct EnergyAccount: Sendable {
  /// A window whose energy is attributed: `idle`, `unattributed` and all shares together are its energy, exactly.
  package struct Closed: Sendable, Hashable {
    package let window: EnergyWindow
    /// Microjoules that the zone draws without any work.
    package let idle: UInt64
    package let unattributed: UInt64
    /// Microjoules by leaf.
    package let shares: [UInt64]
  }

  /// What the zone's counter had added up to when its energy was last taken, in microjoules.
  private var total: UInt64
  /// What was measured and waits for weights of the same time.
  private var open: EnergyWindow?
  private var weights: [UInt64] = []
  /// The weights of the window under way are of no energy.
  private var isSkipped = false
  /// How long CPUs were busy since the last window closed.
  private var busyNanoseconds: UInt64 = 0
  private var split = EnergySplit()
  package private(set) var floor: IdleFloor

  /// - Parameters:
  ///   - total: what the zone's counter stands at: its energy is attributed from there on.
  ///   - floor: learns, or is told, what the zone draws without any work.
  package init(total: UInt64 = 0, floor: IdleFloor) {
    self.total = total
    self.floor = floor
  }

  /// Adds what a leaf did since the last window closed: nanoseconds on a CPU, cycles, or what else the leaves compare by.
  package mutating func add(_ weight: UInt64, to leaf: Int) {
    if leaf >= weights.count { weights.append(contentsOf: repeatElement(0, count: leaf + 1 - weights.count)) }
    weights[leaf] = weights[leaf].saturating(plus: weight)
  }

  /// Adds nanoseconds that CPUs were busy: by these, quiet windows are known.
  package mutating func addBusy(_ nanoseconds: UInt64) {
    busyNanoseconds = busyNanoseconds.saturating(plus: nanoseconds)
  }

  /// A leaf ends, and what it did in this window is another's.
  package mutating func move(_ leaf: Int, to heir: Int) {
    guard leaf < weights.count else { return }
    let weight = weights[leaf]
    weights[leaf] = 0
    split.forget(leaf)
    if weight > 0 { add(weight, to: heir) }
  }

  /// A window ended at which the zone's counter stands at `total`: what it grew by waits to be attributed.
  package mutating func measure(total: UInt64, nanoseconds: UInt64) {
    guard total >= self.total else { return }
    open = EnergyWindow(
      microjoules: total - self.total + (open?.microjoules ?? 0), nanoseconds: nanoseconds + (open?.nanoseconds ?? 0))
    self.total = total
  }

  /// Drops what was measured up to `total`, and the weights: another zone measured the same.
  package mutating func discard(total: UInt64) {
    self.total = total
    open = nil
    isSkipped = true
  }

  /// The zone's counter stood still, and nobody knows whether it counts: what it brings next is of the time from here on.
  package mutating func skip() { isSkipped = true }

  /// Attributes what was measured since the last time. Nil where nothing was: the weights wait for it, but for those of a
  /// window that was dropped or skipped.
  package mutating func close() -> Closed? {
    defer { isSkipped = false }
    guard let window = open else {
      if isSkipped { clearWeights() }
      return nil
    }
    floor.learn(from: window, busyNanoseconds: busyNanoseconds)
    let idle = min(window.microjoules, floor.microjoules(in: window.nanoseconds))
    var shares = [UInt64](repeating: 0, count: weights.count)
    let unattributed = split.divide(window.microjoules - idle, by: weights, into: &shares)
    open = nil
    clearWeights()
    return Closed(window: window, idle: idle, unattributed: unattributed, shares: shares)
  }

  private mutating func clearWeights() {
    for leaf in weights.indices { weights[leaf] = 0 }
    busyNanoseconds = 0
  }
}
