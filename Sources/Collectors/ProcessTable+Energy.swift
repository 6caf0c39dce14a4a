internal import BPFPrograms

/// What processes used of the measured energy, by the time they ran.
extension ProcessTable {
  /// From now on, what processes do counts.
  mutating func beginAttribution(_ ledger: consuming EnergyLedger) {
    for index in known.values.indices { known.values[index].counted = known.values[index].runtime }
    ledger.deadKernel = DeadRunTime(from: dead.kernel)
    if let groups {
      ledger.groups = groups.groups.map { GroupRunTime(dead: DeadRunTime(from: $0.dead.subtracting($0.deadKernel))) }
      ledger.elsewhere = DeadRunTime(from: groups.deadElsewhere.subtracting(groups.deadKernelElsewhere))
    } else {
      ledger.elsewhere = DeadRunTime(from: dead.all.subtracting(dead.kernel))
    }
    for index in series.indices {
      guard let one = known[series[index].tgid], one.series == index, !one.isKernel else { continue }
      series[index].leaf = ledger.makeLeaf()
      series[index].leafGroup = Int(one.group)
    }
    energy = ledger
  }

  /// Gives each leaf what it ran since the last pass, before this one changes who has series.
  mutating func weighRunTime(_ watched: (UInt32) -> watched_process?) {
    guard var ledger = energy else { return }
    energy = nil
    if let groups, ledger.groups.count < groups.groups.count {
      ledger.groups += Array(repeating: GroupRunTime(), count: groups.groups.count - ledger.groups.count)
    }
    // more than this no leaf can have run, and where the kernel's figures were read while they changed, it did not
    let most = ledger.mostRunTime(in: elapsed)
    for index in known.values.indices {
      let one = known.values[index]
      if one.pass == pass {
        // threads may end within a pass and be missed: what they used comes with the next
        if one.runtime <= one.counted { continue }
        ledger.add(min(one.runtime - one.counted, most), to: leaf(of: one, in: &ledger))
        known.values[index].counted = one.runtime
      } else {
        ended.append(one)
      }
    }
    for one in ended { settle(one, in: &ledger) }
    ended.removeAll(keepingCapacity: true)
    settleFinals(in: &ledger, watched)
    weighDead(in: &ledger, most: most)
    energy = ledger
  }

  /// What ended processes used that no pass had seen.
  private func weighDead(in ledger: inout EnergyLedger, most: UInt64) {
    ledger.add(ledger.deadKernel.take(dead.kernel, now: time, most: most), to: EnergyLedger.kernel)
    guard let groups else {
      let more = ledger.elsewhere.take(dead.all.subtracting(dead.kernel), now: time, most: most)
      ledger.add(more, to: EnergyLedger.rest)
      return
    }
    for (place, group) in groups.groups.enumerated() where !group.isFree {
      let used = group.dead.subtracting(group.deadKernel)
      let more = ledger.groups[place].dead.take(used, now: time, most: most)
      if more > 0 { ledger.add(more, to: ledger.leaf(ofGroup: place)) }
    }
    let used = groups.deadElsewhere.subtracting(groups.deadKernelElsewhere)
    ledger.add(ledger.elsewhere.take(used, now: time, most: most), to: EnergyLedger.rest)
  }

  private func leaf(of one: Known, in ledger: inout EnergyLedger) -> Int {
    if one.isKernel { return EnergyLedger.kernel }
    if one.series >= 0, series[one.series].leaf >= 0 { return series[one.series].leaf }
    return ledger.leaf(ofGroup: Int(one.group))
  }

  /// A process ended: its whole run time will be, or is, in the sum of dead ones.
  private mutating func settle(_ one: Known, in ledger: inout EnergyLedger) {
    ledger.owe(one.counted, group: Int(one.group), isKernel: one.isKernel)
    if one.series >= 0, series[one.series].leaf >= 0, series[one.series].startTime == one.startTime {
      series[one.series].awaited = ProcessSeries.Awaited(counted: one.counted, group: Int(one.group))
    }
  }

  /// What processes with series used from the last pass that saw them to their ends.
  private mutating func settleFinals(in ledger: inout EnergyLedger, _ watched: (UInt32) -> watched_process?) {
    for index in series.indices {
      guard let awaited = series[index].awaited else { continue }
      guard let kept = watched(series[index].tgid), kept.start_ns == series[index].startTime else {
        series[index].awaited = nil
        continue
      }
      if kept.is_dead == 0 { continue }
      series[index].awaited = nil
      let more = kept.final.runtime_ns.subtracting(awaited.counted)
      if more == 0 { continue }
      ledger.add(more, to: series[index].leaf)
      ledger.owe(more, group: awaited.group, isKernel: false)
    }
  }

  /// The leaf for a new series of a process, where energy is attributed to processes.
  mutating func makeLeaf(for one: inout ProcessSeries) {
    guard energy != nil, let entry = known[one.tgid], !entry.isKernel else { return }
    if one.leaf < 0 { one.leaf = energy!.makeLeaf() }
    one.leafGroup = Int(entry.group)
  }

  /// The leaf of a series that is no more: what it did in this window counts as that of a process without series.
  mutating func releaseLeaf(of one: borrowing ProcessSeries) {
    guard energy != nil, one.leaf >= 0 else { return }
    let heir = energy!.leaf(ofGroup: one.leafGroup)
    energy!.release(one.leaf, to: heir)
  }

  /// Control groups may be gone.
  mutating func releaseGroups() {
    guard let groups, energy != nil else { return }
    for place in energy!.groups.indices where groups.groups[place].isFree {
      if energy!.groups[place] == GroupRunTime() { continue }
      if energy!.groups[place].leaf >= 0 { energy!.release(energy!.groups[place].leaf, to: EnergyLedger.rest) }
      energy!.groups[place] = GroupRunTime()
      for index in series.indices where series[index].leafGroup == place { series[index].leafGroup = -1 }
    }
  }

  /// Closes the windows that were measured, and gives everyone what is theirs.
  mutating func attributeEnergy() {
    guard energy != nil else { return }
    energy!.close()
    otherShare = EnergyLedger.Share()
    for index in series.indices where series[index].leaf >= 0 {
      let share = energy!.shares[series[index].leaf]
      series[index].energy += share.microjoules
      series[index].share = share
      groups?.addEnergy(share.microjoules, to: series[index].leafGroup)
    }
    for (place, group) in energy!.groups.enumerated() where group.leaf >= 0 {
      otherShare += energy!.shares[group.leaf]
      groups?.addEnergy(energy!.shares[group.leaf].microjoules, to: place)
    }
    otherShare += energy!.shares[EnergyLedger.rest]
    groups?.addEnergy(energy!.shares[EnergyLedger.rest].microjoules, to: -1)
    otherEnergy += otherShare.microjoules
  }
}

extension EnergyLedger {
  /// The leaf of the processes without series in a control group; -1: in none that is known.
  mutating func leaf(ofGroup place: Int) -> Int {
    guard groups.indices.contains(place) else { return Self.rest }
    if groups[place].leaf < 0 { groups[place].leaf = makeLeaf() }
    return groups[place].leaf
  }

  /// Leaves have had so much of a process that ended.
  mutating func owe(_ runtime: UInt64, group place: Int, isKernel: Bool) {
    if isKernel {
      deadKernel.owed &+= runtime
    } else if groups.indices.contains(place) {
      groups[place].dead.owed &+= runtime
    } else {
      elsewhere.owed &+= runtime
    }
  }
}
