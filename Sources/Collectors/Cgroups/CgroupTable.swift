internal import BPFPrograms
internal import Energy
internal import Exposition

/// What the processes of each control group used, and which groups have series of their own.
///
/// A group's total is what its living processes used and what its ended ones had used, so a short-lived process counts too.
/// A process that moves takes nothing with it: what it used before stays with the group it used it in.
struct CgroupTable {
  /// One control group with processes, or with processes that ended lately.
  struct Group {
    let key: CgroupKey
    /// Run time of its living processes, since they began.
    var live: UInt64 = 0
    /// Run time of its ended processes.
    var dead: UInt64 = 0
    /// What its ended tasks did.
    var deadWeights = DeadWeights()
    /// What moved processes had used elsewhere (negative) or had used here before they left, modulo 2^64.
    var moved: UInt64 = 0
    var total: UInt64 = 0
    /// Recent CPU time in nanoseconds, decaying.
    var score: Double = 0
    /// Processes seen in the pass under way, and one of them.
    var members = 0
    var member: UInt32 = 0
    /// Since when it has had no process; nil while it has.
    var emptySince: UInt64?
    /// Index into `series`, or -1.
    var series = -1
    var isFree = false
  }

  /// One control group with series of its own.
  struct Series {
    let path: String
    let labels: PreparedLabels
    let key: CgroupKey
    /// Its total as the counter began, and what the counter had shown by then.
    let base: UInt64
    let carried: UInt64
    let admittedAt: UInt64
    /// When its counters began at 0: as it was admitted, or a series was that it continues.
    let startedAt: UInt64
    /// Nanoseconds used since; never falls.
    var used: UInt64
    var energy: SeriesEnergy
    /// Index into `groups`.
    let group: Int
  }

  /// What the table asks and tells as groups come and go.
  struct Events {
    /// The path of the control group that a process is in; nil where it cannot be found.
    var path: (CgroupKey, UInt32) -> String?
    /// The group gets a series; with the second key, it goes on from that of an ended group of the same path.
    var admitted: (CgroupKey, CgroupKey?) -> Void
    var evicted: (CgroupKey) -> Void
    /// The group is gone: what is kept of it may go.
    var forgotten: (CgroupKey) -> Void
  }

  let options: CgroupOptions
  private(set) var series: [Series] = []
  /// Everything not in `series`; never falls.
  private(set) var other: UInt64 = 0
  private(set) var otherEnergy = DomainValues<UInt64>()
  private(set) var groups: [Group] = []
  private var indexes: [CgroupKey: Int] = [:]
  private var free: [Int] = []
  /// What ended tasks did whose groups found no room in the kernel's table.
  private(set) var deadElsewhere = DeadWeights()
  /// What the series of living groups had shown as they lost their places.
  private var retained: [CgroupKey: Shown] = [:]
  /// What series that are gone had shown: it is in no series, nor in `other`, which would leap.
  private var gone: UInt64 = 0

  /// What a series had shown; its time in nanoseconds.
  private struct Shown {
    let used: UInt64
    let energy: SeriesEnergy
    let startedAt: UInt64
  }

  init(options: CgroupOptions) { self.options = options }

  mutating func beginPass() {
    for group in groups.indices {
      groups[group].live = 0
      groups[group].members = 0
    }
  }

  /// Where a process' group is kept. `before`: where the process was at the last pass (or -1), `used`: what it had used then.
  mutating func group(of key: CgroupKey, before: Int32, used: UInt64) -> Int32 {
    if before >= 0, groups[Int(before)].key == key { return before }
    let group = self.group(of: key)
    if before >= 0 {
      groups[Int(before)].moved &+= used
      groups[group].moved &-= used
    }
    return Int32(group)
  }

  /// Index into `groups`; nil where no process has been seen in it.
  func place(of key: CgroupKey) -> Int? { indexes[key] }

  private mutating func group(of key: CgroupKey) -> Int {
    if let found = indexes[key] { return found }
    let group = free.popLast() ?? groups.count
    if group == groups.count { groups.append(Group(key: key)) } else { groups[group] = Group(key: key) }
    indexes[key] = group
    return group
  }

  /// Adds what a process has used since it began.
  mutating func add(_ runtime: UInt64, process: UInt32, to group: Int32) {
    groups[Int(group)].live &+= runtime
    groups[Int(group)].members += 1
    groups[Int(group)].member = process
  }

  /// What the ended processes of a group had used, as read before the pass began.
  mutating func addDead(_ key: CgroupKey, _ dead: DeadInCgroup, _ weights: DeadWeights) {
    // the entry of those without one of their own is in `other` already
    if key == CgroupKey() {
      deadElsewhere = weights
      return
    }
    let group = self.group(of: key)
    groups[group].dead = dead.runtime_ns
    groups[group].deadWeights = weights
  }

  /// Adds microjoules that processes of a group used; -1: of a group that is not known.
  mutating func addEnergy(_ microjoules: DomainValues<UInt64>, to group: Int) {
    if group >= 0, groups[group].series >= 0 {
      series[groups[group].series].energy += microjoules
    } else {
      otherEnergy += microjoules
    }
  }

  /// A scrape is about to show what groups used.
  mutating func showEnergy() {
    for index in series.indices { otherEnergy += series[index].energy.show() }
  }

  /// Ends the pass at `time`.
  ///
  /// - Parameters:
  ///   - all: what all processes used since the first pass.
  ///   - decay: what is left of a score after the time since the last pass; 0 in the first.
  mutating func endPass(time: UInt64, all: UInt64, decay: Double, events: Events) {
    updateTotals(time: time, decay: decay)
    if decay > 0 { admit(time: time, events) }
    retire(time: time, events)
    var own = gone
    for position in series.indices {
      let total = groups[series[position].group].total
      let used = series[position].carried + total.subtracting(series[position].base)
      series[position].used = max(series[position].used, used)
      own += series[position].used
    }
    other = max(other, all.subtracting(own))
  }

  private mutating func updateTotals(time: UInt64, decay: Double) {
    for group in groups.indices where !groups[group].isFree {
      let sum = groups[group].live &+ groups[group].dead &+ groups[group].moved
      // a process on its way from the living to the dead is in neither for a moment
      let total = max(groups[group].total, Int64(bitPattern: sum) < 0 ? 0 : sum)
      let grown = total - groups[group].total
      groups[group].total = total
      groups[group].score = groups[group].score * decay + (decay > 0 ? Double(grown) : 0)
      if groups[group].members > 0 || grown > 0 {
        groups[group].emptySince = nil
      } else if groups[group].emptySince == nil {
        groups[group].emptySince = time
      }
    }
  }

  private mutating func admit(time: UInt64, _ events: Events) {
    let threshold = Double(options.thresholdNanoseconds)
    let waiting = groups.indices.filter {
      !groups[$0].isFree && groups[$0].series < 0 && groups[$0].members > 0 && groups[$0].score >= threshold
    }.sorted { groups[$0].score > groups[$1].score }
    for group in waiting {
      guard let path = events.path(groups[group].key, groups[group].member) else { continue }
      let twin = series.firstIndex { $0.path.utf8.elementsEqual(path.utf8) }
      // two series must not have the same labels: an ended group's goes on as that of the new one, a living one stays
      if let twin, groups[series[twin].group].emptySince == nil { continue }
      if twin == nil, series.count >= options.limit, !makeRoom(for: groups[group].score, time: time, events) { return }
      let twinKey = twin.map { series[$0].key }
      append(group, path: path, carried: twin.map { take($0, events) }, time: time)
      events.admitted(groups[group].key, twinKey)
    }
  }

  private mutating func append(_ group: Int, path: String, carried: Shown?, time: UInt64) {
    let key = groups[group].key
    let before = retained.removeValue(forKey: key)
    if let before { gone = gone.subtracting(before.used) }
    // what the twin had shown is gone for good where this one has figures of its own
    if let carried, before != nil { gone += carried.used }
    let start = before ?? carried ?? Shown(used: 0, energy: SeriesEnergy(), startedAt: time)
    groups[group].series = series.count
    series.append(
      Series(
        path: path, labels: CgroupCollector.labels(path: path).starting(at: start.startedAt), key: key,
        base: groups[group].total,
        carried: start.used, admittedAt: time, startedAt: start.startedAt, used: start.used, energy: start.energy,
        group: group))
  }

  /// Frees a place: of the group longest empty (half the grace time is kept), else of one that now does far less.
  private mutating func makeRoom(for score: Double, time: UInt64, _ events: Events) -> Bool {
    let half = options.graceNanoseconds / 2
    let empty = series.indices.filter { time.subtracting(groups[series[$0].group].emptySince ?? time) >= half }
    if let oldest = empty.min(by: { since($0) < since($1) }) {
      gone += take(oldest, events).used
      return true
    }
    let settled = series.indices.filter { time.subtracting(series[$0].admittedAt) >= options.graceNanoseconds }
    guard let least = settled.min(by: { groups[series[$0].group].score < groups[series[$1].group].score }),
      groups[series[least].group].score * 2 < score
    else { return false }
    let key = series[least].key
    let shown = take(least, events)
    gone += shown.used
    retained[key] = Shown(used: shown.used, energy: shown.energy.afterAbsence(), startedAt: shown.startedAt)
    return true
  }

  private func since(_ position: Int) -> UInt64 { groups[series[position].group].emptySince ?? .max }

  /// Takes a series away; returns what it had shown. Energy that no scrape has shown goes to `other`.
  private mutating func take(_ position: Int, _ events: Events) -> Shown {
    let one = series.remove(at: position)
    groups[one.group].series = -1
    for (position, one) in series.enumerated() { groups[one.group].series = position }
    events.evicted(one.key)
    otherEnergy += one.energy.unshown
    return Shown(used: one.used, energy: one.energy.asShown(), startedAt: one.startedAt)
  }

  /// Forgets groups that have been empty for the grace time.
  private mutating func retire(time: UInt64, _ events: Events) {
    for group in groups.indices where !groups[group].isFree {
      guard let since = groups[group].emptySince, time.subtracting(since) >= options.graceNanoseconds else { continue }
      if groups[group].series >= 0 { gone += take(groups[group].series, events).used }
      let key = groups[group].key
      events.forgotten(key)
      retained[key] = nil
      indexes[key] = nil
      groups[group].isFree = true
      free.append(group)
    }
  }
}
