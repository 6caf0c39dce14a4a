internal import BPFPrograms

/// Waits for a CPU of control groups whose entries in the kernel come and go: none is lost, and no counter falls.
struct GroupWaits {
  /// A group with an entry.
  private struct Entry {
    /// What its series had shown before the entry was made.
    var carried = CgroupWaits()
    /// What its series has shown.
    var shown = CgroupWaits()
  }

  private var entries: [CgroupKey: Entry] = [:]
  /// What the series of groups had shown as they lost their entries.
  private var retained: [CgroupKey: CgroupWaits] = [:]
  /// What no scrape had shown of it by then: it is among those of all others.
  private var other = CgroupWaits()

  /// An entry is made for a group, whose series goes on from that of `twin`, which had the same path.
  mutating func admit(_ group: CgroupKey, continuing twin: CgroupKey?) {
    let before =
      retained.removeValue(forKey: group) ?? twin.flatMap { retained.removeValue(forKey: $0) } ?? CgroupWaits()
    entries[group] = Entry(carried: before, shown: before)
  }

  /// The entry of a group was taken away; it held this.
  mutating func evict(_ group: CgroupKey, _ held: CgroupWaits) {
    guard let entry = entries.removeValue(forKey: group) else { return }
    var sum = entry.carried
    sum += held
    other += sum.subtracting(entry.shown)
    retained[group] = entry.shown
  }

  /// The group is gone.
  mutating func forget(_ group: CgroupKey) { retained[group] = nil }

  /// What a scrape is about to show of a group, where its entry holds this; the key 0 is that of all others.
  mutating func show(_ group: CgroupKey, _ held: CgroupWaits) -> CgroupWaits {
    var sum = held
    if group == CgroupKey() {
      sum += other
      return sum
    }
    sum += entries[group]?.carried ?? CgroupWaits()
    entries[group]?.shown = sum
    return sum
  }
}

extension CgroupWaits: CounterStruct {}
