internal import BPFPrograms
internal import Host

/// Which hardware interrupts have a histogram, and so series, of their own: at most `limit`, the rest share slot 0.
///
/// A slot belongs to a number and a name for as long as this lives. Where a device goes and another takes its number, that
/// one gets a slot of its own; should the first come back, its counters go on from where they were. So none ever falls.
struct InterruptSlots {
  /// What a series is of.
  struct Identity: Hashable {
    let number: Int
    /// As in `/proc/interrupts`, `, ` between the handlers that share the line.
    let name: String
  }

  let limit: Int
  /// Those with a slot: that of `identities[i]` is `i + 1`.
  private(set) var identities: [Identity] = []
  private var slots: [Identity: Int] = [:]
  /// The slot each number is counted in now, where that is not 0.
  private var current: [Int: Int] = [:]

  init(limit: Int) { self.limit = limit }

  /// Takes in what `/proc/interrupts` shows. Slots go to interrupts that have come at least once, those that came most
  /// often since boot first.
  ///
  /// - Returns: the numbers that are to be counted in another slot from now on.
  mutating func update(_ interrupts: [Interrupts.Interrupt]) -> [(number: Int, slot: Int)] {
    var changes: [(number: Int, slot: Int)] = []
    let seen = interrupts.compactMap { interrupt -> (identity: Identity, count: UInt64)? in
      // without a name nothing handles it: nothing to count before it has one
      guard let number = interrupt.number, (0..<Int(IRQ_NUMBERS)).contains(number), !interrupt.name.isEmpty else {
        return nil
      }
      return (Identity(number: number, name: interrupt.name), interrupt.counts.reduce(0, &+))
    }
    for (identity, count) in seen.sorted(by: { ($1.count, $0.identity.number) < ($0.count, $1.identity.number) }) {
      let slot = slots[identity] ?? (count > 0 ? newSlot(identity) : 0)
      if slot != current[identity.number, default: 0] {
        current[identity.number] = slot
        changes.append((identity.number, slot))
      }
    }
    return changes
  }

  private mutating func newSlot(_ identity: Identity) -> Int {
    guard identities.count < limit else { return 0 }
    identities.append(identity)
    slots[identity] = identities.count
    return identities.count
  }
}
