internal import BPFPrograms
internal import Energy

/// Which series go, and what becomes of their figures.
extension ProcessTable {
  mutating func retireEnded() {
    for index in series.indices {
      guard let endedAt = series[index].endedAt else { continue }
      if time.subtracting(endedAt) >= options.graceNanoseconds { leaving.insert(index) }
    }
  }

  /// A process that goes on under another name keeps the series of one name it had, not of all: places would be its alone.
  mutating func retireFormerNames() {
    struct Process: Hashable {
      let tgid: UInt32
      let startTime: UInt64
    }
    if !hasRenamed { return }
    hasRenamed = false
    var latest: [Process: Int] = [:]
    for index in series.indices where series[index].isFormerName && !leaving.contains(index) {
      let process = Process(tgid: series[index].tgid, startTime: series[index].startTime)
      guard let other = latest[process] else {
        latest[process] = index
        continue
      }
      let isLater = series[index].endedAt ?? 0 >= series[other].endedAt ?? 0
      leaving.insert(isLater ? other : index)
      latest[process] = isLater ? index : other
    }
  }

  /// Takes the series away that leave. What they have shown stays out of `other` for good; what no scrape has shown goes
  /// there.
  mutating func removeLeaving(_ events: Events) {
    if leaving.isEmpty { return }
    var kept: [ProcessSeries] = []
    kept.reserveCapacity(series.count - leaving.count)
    var gone: [UInt32] = []
    for (index, one) in series.enumerated() {
      guard leaving.contains(index) else {
        kept.append(one)
        continue
      }
      events.ends(one)
      goneUsed += one.shownUsed
      goneSystem += one.shownCPU.system
      otherDetail += one.detail.subtracting(one.shownDetail)
      otherEnergy += one.energy.unshown
      gone.append(one.tgid)
      if one.isShown { departed[one.tgid, default: []].append(one.afterAbsence) }
    }
    series = kept
    leaving.removeAll(keepingCapacity: true)
    reindex()
    for tgid in gone where known[tgid].map({ $0.series < 0 }) ?? true { events.forget(tgid) }
  }

  /// The series of these labels that was in the last scrape and went since: to the scraper it is still there.
  mutating func takeDeparted(like one: ProcessSeries) -> ProcessSeries? {
    guard let index = departed[one.tgid]?.firstIndex(where: { $0.hasLabels(of: one) }) else { return nil }
    return departed[one.tgid]?.remove(at: index)
  }

  mutating func reindex() {
    hasEnded = false
    reindexings += 1
    for index in known.values.indices where known.values[index].series >= 0 { known.values[index].series = -1 }
    for (index, one) in series.enumerated() where one.endedAt == nil {
      if known[one.tgid]?.startTime == one.startTime { known[one.tgid]?.series = index }
    }
  }

  /// A scrape is about to show what processes did.
  mutating func showUsage() {
    departed.removeAll(keepingCapacity: true)
    for index in series.indices {
      series[index].shownUsed = series[index].used
      series[index].shownCPU = series[index].cpu
      series[index].shownDetail = series[index].detail
      series[index].isShown = true
    }
  }

  /// A scrape is about to show the energy that processes used.
  mutating func showEnergy() {
    for index in series.indices { otherEnergy += series[index].energy.show() }
  }
}
