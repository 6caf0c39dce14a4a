internal import Energy

/// Which network devices have series, and what passed all of them: no counter ever falls, and what is shown of all
/// together grows by what passed, whatever comes and goes.
///
/// The kernel gives a device its counters with its first packet, as long as there is room. Here it is decided who gives
/// them up: a device that is gone and idle, or, where another needs the place, the one longest idle.
struct DeviceTable {
  struct Entry {
    let name: String
    /// What its series had shown when it lost its place before.
    let carried: DeviceCounters
    /// As the kernel has it now.
    fileprivate(set) var reading = DeviceCounters()
    /// When its series began at 0; nil: with the collectors.
    let startedAt: UInt64?
    /// Never falls.
    fileprivate(set) var value: DeviceCounters
    /// As of the last scrape.
    fileprivate var shown: DeviceCounters
    fileprivate var activeAt: UInt64
  }

  /// The series of the devices without room of their own, and of those that are not the host's.
  static let other = "other"
  /// Devices without a place whose series would go on where it was.
  static let retainedLimit = 1024

  private let limit: Int
  private let grace: UInt64
  /// By name.
  private(set) var entries: [Entry] = []
  /// Where each name is among them.
  private var places: [String: Int] = [:]
  private(set) var otherValue = DeviceCounters()
  /// What went from the series of their own to `other`.
  private var otherCarried = DeviceCounters()
  /// What passed devices that have no room, now and when that was looked at last.
  private var crowdPackets: UInt64 = 0
  private var knownCrowdPackets: UInt64 = 0
  private var retained: [String: (counters: DeviceCounters, startedAt: UInt64?, since: UInt64)] = [:]
  /// When readings were taken in last: devices that are new since had no counters then.
  private var updatedAt: UInt64?

  /// - Parameters:
  ///   - limit: devices the kernel has room for.
  ///   - grace: nanoseconds without a packet before a device may lose its place.
  init(limit: Int, grace: UInt64) {
    self.limit = limit
    self.grace = grace
  }

  /// Takes in what the kernel has: each device once, and what had no room under the name "".
  ///
  /// What is of other network namespaces is called `other`. A device may be called so: it is in that series too.
  mutating func update(_ readings: [(name: String, counters: DeviceCounters)], now: UInt64) {
    var others = otherCarried
    var isNew = false
    crowdPackets = 0
    for (name, counters) in readings {
      if name.isEmpty || name == Self.other {
        others += counters
        if name.isEmpty { crowdPackets &+= counters.packets }
      } else if let index = places[name] {
        advance(&entries[index], to: counters, now: now)
      } else {
        let before = retained.removeValue(forKey: name)
        let carried = before?.counters ?? DeviceCounters()
        var entry = Entry(
          name: name, carried: carried, startedAt: before.map(\.startedAt) ?? updatedAt, value: carried, shown: carried,
          activeAt: now)
        advance(&entry, to: counters, now: now)
        places[name] = entries.count
        entries.append(entry)
        isNew = true
      }
    }
    updatedAt = now
    otherValue.raise(to: others)
    if isNew {
      entries.sort { $0.name < $1.name }
      index()
    }
  }

  private mutating func index() {
    places = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
  }

  private func advance(_ entry: inout Entry, to counters: DeviceCounters, now: UInt64) {
    if counters.packets != entry.reading.packets { entry.activeAt = now }
    entry.reading = counters
    var value = entry.carried
    value += counters
    entry.value.raise(to: value)
  }

  /// Remembers what a scrape shows.
  mutating func markShown() {
    for index in entries.indices { entries[index].shown = entries[index].value }
  }

  /// Takes the places of devices that need them no more.
  ///
  /// - Parameters:
  ///   - exists: whether there is a device of this name, as far as can be seen.
  ///   - forget: called for each device whose counters the kernel may drop.
  mutating func retire(now: UInt64, exists: (String) -> Bool, forget: (String) -> Void) {
    let isWanted = crowdPackets > knownCrowdPackets && entries.count >= limit
    knownCrowdPackets = crowdPackets
    let idle = entries.filter { now.subtracting($0.activeAt) >= grace }
    var leaving = idle.filter { !exists($0.name) }.map(\.name)
    if leaving.isEmpty, isWanted, let longest = idle.min(by: { $0.activeAt < $1.activeAt }) {
      leaving = [longest.name]
    }
    for name in leaving {
      guard let place = entries.firstIndex(where: { $0.name == name }) else { continue }
      let entry = entries.remove(at: place)
      forget(name)
      // what no scrape has seen of it goes to the others, so that it is seen
      let unseen = entry.value.subtracting(entry.shown)
      otherCarried += unseen
      otherValue += unseen
      retain(entry, now: now)
    }
    if !leaving.isEmpty { index() }
  }

  private mutating func retain(_ entry: Entry, now: UInt64) {
    if retained.count >= Self.retainedLimit, let oldest = retained.min(by: { $0.value.since < $1.value.since }) {
      retained.removeValue(forKey: oldest.key)
    }
    retained[entry.name] = (entry.shown, entry.startedAt, now)
  }
}
