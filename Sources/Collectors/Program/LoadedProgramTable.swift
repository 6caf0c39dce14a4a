internal import Energy
internal import Host

/// The machine's eBPF programs: a bounded number has figures of its own, from its first reading on; what is counted of all
/// others is in one sum, so that no counter ever falls.
struct LoadedProgramTable {
  struct Counts: Hashable {
    var nanoseconds: UInt64 = 0
    var runs: UInt64 = 0

    mutating func add(_ object: LoadedObject, since last: Counts) {
      nanoseconds &+= object.runNanoseconds.subtracting(last.nanoseconds)
      runs &+= object.runs.subtracting(last.runs)
    }
  }

  struct Entry {
    let object: LoadedObject
    /// Since it was first seen.
    var counted = Counts()
    /// CLOCK_MONOTONIC, in nanoseconds.
    let began: UInt64
  }

  let limit: Int
  /// Those with series, by id.
  private(set) var entries: [UInt32: Entry] = [:]
  private(set) var other = Counts()
  /// Bytes of those without series; nil: some cannot be read, or there are none.
  private(set) var otherBytes: UInt64?
  /// What the kernel had counted of each at the last reading.
  private var last: [UInt32: Counts] = [:]

  init(limit: Int) { self.limit = limit }

  /// Takes note of all that are loaded at `now`. Those that have run most are first to get series; one that has them keeps
  /// them until it is gone.
  mutating func read(_ objects: [LoadedObject], now: UInt64) {
    let present = Dictionary(objects.map { ($0.id, $0) }) { first, _ in first }
    entries = entries.filter { present[$0.key] != nil }
    let candidates = present.values.filter { entries[$0.id] == nil }
    let admitted = candidates.sorted { ($0.runNanoseconds, $1.id) > ($1.runNanoseconds, $0.id) }
      .prefix(max(0, limit - entries.count))
    var bytes: UInt64? = nil
    var isComplete = true
    for object in admitted { entries[object.id] = Entry(object: object, began: now) }
    for object in present.values {
      // what was counted before it was seen is nobody's
      let before = last[object.id] ?? Counts(nanoseconds: object.runNanoseconds, runs: object.runs)
      if let entry = entries[object.id] {
        var renewed = Entry(object: object, counted: entry.counted, began: entry.began)
        renewed.counted.add(object, since: before)
        entries[object.id] = renewed
      } else {
        other.add(object, since: before)
        isComplete = isComplete && object.bytes != nil
        bytes = (bytes ?? 0) &+ (object.bytes ?? 0)
      }
    }
    otherBytes = isComplete ? bytes : nil
    last = present.mapValues { Counts(nanoseconds: $0.runNanoseconds, runs: $0.runs) }
  }
}
