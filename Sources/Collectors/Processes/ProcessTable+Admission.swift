internal import Energy
internal import BPFPrograms

/// Who gets series of its own, and who gives them up for it.
extension ProcessTable {
  /// Gives places to the processes of this pass that matter, busiest first.
  mutating func admitCandidates(_ events: Events) {
    if hasEnded { reindex() }
    let threshold = Double(options.thresholdNanoseconds)
    var waiting: [(score: Double, record: ProcessRecord, twin: Bool)] = []
    for record in candidates {
      guard let score = known[record.tgid]?.score, score >= threshold else { continue }
      waiting.append((score, record, endedTwin(of: record) != nil))
    }
    // those that take the place of their own ended series first, before that goes to another
    waiting.sort { $0.twin != $1.twin ? $0.twin : $0.score > $1.score }
    for (score, record, twin) in waiting {
      if !twin && series.count >= options.limit && !makeRoom(for: score, events) { break }
      append(record, events)
      if series.count > options.limit, let twin = endedTwin(of: record) { remove(twin, events) }
    }
  }

  /// The ended series of a process with the same id and name, perhaps in another control group.
  private func endedTwin(of record: ProcessRecord) -> Int? {
    series.firstIndex { $0.endedAt != nil && $0.tgid == record.tgid && record.isNamed($0.comm) }
  }

  /// Frees a place: of the process longest dead (half the grace time is kept), else of one that now does far less.
  private mutating func makeRoom(for score: Double, _ events: Events) -> Bool {
    let dead = series.indices.filter { series[$0].endedAt != nil }
    if let oldest = dead.min(by: { series[$0].endedAt! < series[$1].endedAt! }),
      time.subtracting(series[oldest].endedAt!) >= options.graceNanoseconds / 2
    {
      remove(oldest, events)
      return true
    }
    let idle = series.indices.filter {
      series[$0].endedAt == nil && time.subtracting(series[$0].admittedAt) >= options.graceNanoseconds
    }
    func liveScore(_ index: Int) -> Double { known[series[index].tgid]?.score ?? 0 }
    guard let least = idle.min(by: { liveScore($0) < liveScore($1) }), liveScore(least) * 2 < score else {
      return false
    }
    var one = series[least]
    one.used = one.shownUsed
    one.cpu = one.shownCPU
    one.detail = one.shownDetail
    one.energy = one.energy.afterAbsence()
    one.leaf = -1
    retained[one.tgid] = one
    remove(least, events)
    return true
  }

  private mutating func append(_ record: ProcessRecord, _ events: Events) {
    let cgroup = events.admit(record)
    let comm = record.name
    var one = ProcessSeries(
      tgid: record.tgid, startTime: record.start_ns, comm: comm, cgroupKey: record.cgroup, cgroup: cgroup,
      labels: ProcessCollector.labels(tgid: record.tgid, comm: comm, cgroup: cgroup), record: record, admittedAt: time)
    if let before = predecessor(of: one) {
      one.used = before.used
      one.cpu = before.cpu
      one.carried = before.used
      one.carriedSystem = before.cpu.system
      one.detail = before.detail
      one.carriedDetail = before.detail
      one.energy = before.energy
      one.leaf = before.leaf
    }
    if let entry = known[record.tgid] { events.begins(&one, entry) }
    known[record.tgid]?.series = series.count
    series.append(one)
    otherResident = otherResident.subtracting(record.resident_bytes)
    otherVirtual = otherVirtual.subtracting(record.virtual_bytes)
    otherThreads = otherThreads.subtracting(UInt64(record.threads))
  }

  /// Takes away the series that `one` continues: its own from before it lost its place, or, since two series must not
  /// have the same labels, an ended one of a process with the same id and name.
  private mutating func predecessor(of one: ProcessSeries) -> ProcessSeries? {
    let evicted = retained.removeValue(forKey: one.tgid)
    if let index = series.firstIndex(where: { $0.hasLabels(of: one) }) {
      let ended = series.remove(at: index)
      reindex()
      return ended
    }
    guard let evicted, evicted.startTime == one.startTime, evicted.hasLabels(of: one) else { return nil }
    goneUsed = goneUsed.subtracting(evicted.used)
    goneSystem = goneSystem.subtracting(evicted.cpu.system)
    return evicted
  }
}
