internal import Exposition
internal import Energy
internal import BPFPrograms

/// Who gets series of its own, and who gives them up for it.
extension ProcessTable {
  /// Gives places to the processes of this pass that matter, busiest first.
  mutating func admitCandidates(_ events: Events) {
    if hasEnded { reindex() }
    let ended = endedSeries()
    let threshold = Double(options.thresholdNanoseconds)
    var waiting: [(score: Double, record: ProcessRecord, twin: Bool)] = []
    for record in candidates {
      guard let score = known[record.tgid]?.score, score >= threshold else { continue }
      waiting.append((score, record, endedTwin(of: record, among: ended) != nil))
    }
    // those that take the place of their own ended series first, before that goes to another
    waiting.sort { $0.twin != $1.twin ? $0.twin : $0.score > $1.score }
    var room: Room?
    for (score, record, twin) in waiting {
      if !twin && series.count - leaving.count >= options.limit && !makeRoom(for: score, &room) { break }
      append(record, among: ended, events)
      if series.count - leaving.count > options.limit, let twin = endedTwin(of: record, among: ended) {
        leaving.insert(twin)
      }
    }
  }

  /// Where the ended series are, by process id.
  private func endedSeries() -> [UInt32: [Int]] {
    var places: [UInt32: [Int]] = [:]
    for index in series.indices where series[index].endedAt != nil {
      places[series[index].tgid, default: []].append(index)
    }
    return places
  }

  /// Whether the series is still an ended one: another may have taken its place.
  private func isEnded(_ index: Int) -> Bool { series[index].endedAt != nil && !leaving.contains(index) }

  /// The ended series of a process with the same id and name, perhaps in another control group.
  private func endedTwin(of record: ProcessRecord, among ended: [UInt32: [Int]]) -> Int? {
    ended[record.tgid]?.first { isEnded($0) && record.isNamed(series[$0].comm) }
  }

  /// Who may have to give up its place in this pass, the next one last.
  private struct Room {
    /// Longest dead; half the grace time is kept.
    var dead: [Int]
    /// Those that do least now.
    var idle: [Int]
  }

  private func liveScore(_ index: Int) -> Double { known[series[index].tgid]?.score ?? 0 }

  private func findRoom() -> Room {
    let dead = series.indices.filter { index in
      series[index].endedAt.map { time.subtracting($0) >= options.graceNanoseconds / 2 } ?? false
    }
    let idle = series.indices.filter {
      series[$0].endedAt == nil && time.subtracting(series[$0].admittedAt) >= options.graceNanoseconds
    }
    return Room(
      dead: dead.sorted { series[$0].endedAt! > series[$1].endedAt! },
      idle: idle.sorted { liveScore($0) > liveScore($1) })
  }

  /// Frees a place: of the process longest dead, else of one that now does far less.
  private mutating func makeRoom(for score: Double, _ found: inout Room?) -> Bool {
    var room = found ?? findRoom()
    defer { found = room }
    while let oldest = room.dead.popLast() {
      if !isEnded(oldest) { continue }
      leaving.insert(oldest)
      return true
    }
    guard let least = room.idle.last, liveScore(least) * 2 < score else { return false }
    room.idle.removeLast()
    retained[series[least].tgid] = series[least].afterAbsence
    leaving.insert(least)
    return true
  }

  private mutating func append(_ record: ProcessRecord, among ended: [UInt32: [Int]], _ events: Events) {
    let cgroup = events.admit(record)
    let comm = record.name
    var one = ProcessSeries(
      tgid: record.tgid, startTime: record.start_ns, comm: comm, cgroupKey: record.cgroup, cgroup: cgroup,
      labels: ProcessCollector.labels(tgid: record.tgid, comm: comm, cgroup: cgroup), record: record, admittedAt: time,
      startedAt: time)
    let place = ended[one.tgid]?.first { isEnded($0) && series[$0].hasLabels(of: one) }
    if let before = predecessor(of: one, at: place) {
      one.used = before.used
      one.cpu = before.cpu
      one.carried = before.used
      one.carriedSystem = before.cpu.system
      one.detail = before.detail
      one.carriedDetail = before.detail
      one.shownUsed = before.shownUsed
      one.shownCPU = before.shownCPU
      one.shownDetail = before.shownDetail
      one.isShown = before.isShown
      one.energy = before.energy
      one.leaf = before.leaf
      one.startedAt = before.startedAt
    }
    one.labels = one.labels.starting(at: one.startedAt)
    if let entry = known[record.tgid] { events.begins(&one, entry) }
    known[record.tgid]?.series = place ?? series.count
    if let place { series[place] = one } else { series.append(one) }
    otherResident = otherResident.subtracting(record.resident_bytes)
    otherVirtual = otherVirtual.subtracting(record.virtual_bytes)
    otherThreads = otherThreads.subtracting(UInt64(record.threads))
  }

  /// The series that `one` continues: since two must not have the same labels, an ended one of a process with the same id
  /// and name, at `place`, which becomes its own; or its own from before it lost its place; or one that no scrape has missed.
  private mutating func predecessor(of one: ProcessSeries, at place: Int?) -> ProcessSeries? {
    let evicted = retained.removeValue(forKey: one.tgid)
    if let place { return series[place] }
    let isOwn = evicted.map { $0.startTime == one.startTime && $0.hasLabels(of: one) } ?? false
    let departed = takeDeparted(like: one)
    guard let before = isOwn ? evicted : departed else { return nil }
    goneUsed = goneUsed.subtracting(before.used)
    goneSystem = goneSystem.subtracting(before.cpu.system)
    return before
  }
}
