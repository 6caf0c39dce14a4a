internal import BPFPrograms
internal import Energy

/// What processes used of the measured energy, by what they did.
extension TaskTables {
  /// From now on, what processes do counts.
  mutating func beginAttribution(_ ledger: consuming EnergyLedger) {
    for index in processes.known.values.indices {
      processes.known.values[index].counted = processes.known.values[index].weights
    }
    processes.ended = []
    ledger.deadKernel = DeadWork(from: dead.kernel)
    if let groups {
      ledger.groups = groups.groups.map { GroupWork(dead: DeadWork(from: $0.deadWeights.processes)) }
      ledger.elsewhere = DeadWork(from: groups.deadElsewhere.processes)
    } else {
      ledger.elsewhere = DeadWork(from: dead.processes)
    }
    for index in processes.series.indices {
      guard let one = processes.known[processes.series[index].tgid], one.series == index, !one.isKernel else {
        continue
      }
      processes.series[index].leaf = ledger.makeLeaf()
      processes.series[index].leafGroup = Int(one.group)
    }
    energy = ledger
  }

  /// Gives each leaf what it did since the last pass, before this one changes who has series.
  mutating func weighTasks(_ watched: (UInt32) -> WatchedProcess?) {
    guard var ledger = energy else { return }
    energy = nil
    if let groups, ledger.groups.count < groups.groups.count {
      ledger.groups += Array(repeating: GroupWork(), count: groups.groups.count - ledger.groups.count)
    }
    ledger.beginPass(elapsed: processes.elapsed)
    var ended = processes.ended ?? []
    for index in processes.known.values.indices {
      if processes.known.values[index].pass == processes.pass {
        weigh(index, in: &ledger)
      } else {
        ended.append(processes.known.values[index])
      }
    }
    for one in ended { settle(one, in: &ledger) }
    processes.ended?.removeAll(keepingCapacity: true)
    settleFinals(in: &ledger, watched)
    weighDead(in: &ledger)
    weighUses(in: &ledger)
    energy = ledger
  }

  private mutating func weigh(
    _ index: Dictionary<UInt32, ProcessTable.Known>.Values.Index, in ledger: inout EnergyLedger
  ) {
    let one = processes.known.values[index]
    if one.weights == one.counted { return }
    let more = one.weights.growth(since: one.counted)
    if more != .zero { ledger.add(more, to: leaf(of: one, in: &ledger)) }
    processes.known.values[index].counted &+= more
    let missing = one.counted.growth(since: one.weights)
    // Threads may end within a pass and be missed: what they did comes with the next. What that does not bring was done by
    // a leader whose place another thread took, by exec: the sum of ended tasks has it.
    if ledger.lanes != nil, one.hasFallen, missing != .zero {
      ledger.owe(missing, group: Int(one.group), isKernel: one.isKernel)
      processes.known.values[index].counted &-= missing
      processes.known.values[index].hasFallen = false
    } else {
      processes.known.values[index].hasFallen = missing != .zero
    }
  }

  /// What ended processes did that no pass had seen.
  private func weighDead(in ledger: inout EnergyLedger) {
    ledger.add(ledger.deadKernel.take(dead.kernel, now: processes.time), to: EnergyLedger.kernel)
    guard let groups else {
      ledger.add(ledger.elsewhere.take(dead.processes, now: processes.time), to: EnergyLedger.rest)
      return
    }
    for (place, group) in groups.groups.enumerated() where !group.isFree {
      let more = ledger.groups[place].dead.take(group.deadWeights.processes, now: processes.time)
      if more != .zero { ledger.add(more, to: ledger.leaf(ofGroup: place)) }
    }
    ledger.add(ledger.elsewhere.take(groups.deadElsewhere.processes, now: processes.time), to: EnergyLedger.rest)
  }

  /// What used GPUs, whose drivers know processes by their ids.
  private func weighUses(in ledger: inout EnergyLedger) {
    for (user, weight) in ledger.takeUses() { ledger.add(weight, of: user, to: leaf(ofProcess: user.pid, in: &ledger)) }
  }

  private func leaf(ofProcess pid: UInt32, in ledger: inout EnergyLedger) -> Int {
    if let one = processes.known[pid], one.pass == processes.pass { return leaf(of: one, in: &ledger) }
    // it ended in this window: its series is still there
    return processes.series.last { $0.tgid == pid && $0.leaf >= 0 }?.leaf ?? EnergyLedger.rest
  }

  private func leaf(of one: ProcessTable.Known, in ledger: inout EnergyLedger) -> Int {
    if one.isKernel { return EnergyLedger.kernel }
    if one.series >= 0, processes.series[one.series].leaf >= 0 { return processes.series[one.series].leaf }
    return ledger.leaf(ofGroup: Int(one.group))
  }

  /// A process ended: all it did will be, or is, in the sum of dead ones.
  private mutating func settle(_ one: ProcessTable.Known, in ledger: inout EnergyLedger) {
    ledger.owe(one.counted, group: Int(one.group), isKernel: one.isKernel)
    if one.series >= 0, processes.series[one.series].leaf >= 0, processes.series[one.series].startTime == one.startTime
    {
      processes.series[one.series].awaited = ProcessSeries.Awaited(counted: one.counted, group: Int(one.group))
    }
  }

  /// What processes with series did from the last pass that saw them to their ends.
  private mutating func settleFinals(in ledger: inout EnergyLedger, _ watched: (UInt32) -> WatchedProcess?) {
    for index in processes.series.indices {
      guard let awaited = processes.series[index].awaited else { continue }
      guard let kept = watched(processes.series[index].tgid), kept.start_ns == processes.series[index].startTime else {
        processes.series[index].awaited = nil
        continue
      }
      if kept.is_dead == 0 { continue }
      processes.series[index].awaited = nil
      let final =
        ledger.lanes == nil ? Weights(runTime: kept.final.runtime_ns) : Weights(kept.final_weights)
      let more = final.growth(since: awaited.counted)
      if more == .zero { continue }
      ledger.add(more, to: processes.series[index].leaf)
      ledger.owe(more, group: awaited.group, isKernel: false)
    }
  }

  /// The leaf for a new series of a process.
  static func makeLeaf(for one: inout ProcessSeries, _ entry: ProcessTable.Known, in ledger: inout EnergyLedger) {
    if entry.isKernel { return }
    if one.leaf < 0 { one.leaf = ledger.makeLeaf() }
    one.leafGroup = Int(entry.group)
  }

  /// The leaf of a series that is no more: what it did in this window counts as that of a process without series.
  static func releaseLeaf(of one: borrowing ProcessSeries, in ledger: inout EnergyLedger) {
    if one.leaf >= 0 { ledger.release(one.leaf, to: ledger.leaf(ofGroup: one.leafGroup)) }
  }

  /// Control groups may be gone.
  mutating func releaseGroups() {
    guard let groups, energy != nil else { return }
    for place in energy!.groups.indices where groups.groups[place].isFree {
      if energy!.groups[place] == GroupWork() { continue }
      if energy!.groups[place].leaf >= 0 { energy!.release(energy!.groups[place].leaf, to: EnergyLedger.rest) }
      energy!.groups[place] = GroupWork()
      for index in processes.series.indices where processes.series[index].leafGroup == place {
        processes.series[index].leafGroup = -1
      }
    }
  }

  /// Closes the windows that were measured, and gives everyone what is theirs.
  mutating func attributeEnergy() {
    guard energy != nil else { return }
    energy!.close()
    processes.otherShare = EnergyLedger.Share()
    for index in processes.series.indices where processes.series[index].leaf >= 0 {
      let share = energy!.shares[processes.series[index].leaf]
      processes.series[index].energy += share.microjoules
      processes.series[index].share = share
      groups?.addEnergy(share.microjoules, to: processes.series[index].leafGroup)
    }
    for (place, group) in energy!.groups.enumerated() where group.leaf >= 0 {
      processes.otherShare += energy!.shares[group.leaf]
      groups?.addEnergy(energy!.shares[group.leaf].microjoules, to: place)
    }
    processes.otherShare += energy!.shares[EnergyLedger.rest]
    groups?.addEnergy(energy!.shares[EnergyLedger.rest].microjoules, to: -1)
    processes.otherEnergy += processes.otherShare.microjoules
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
  mutating func owe(_ done: Weights, group place: Int, isKernel: Bool) {
    if isKernel {
      deadKernel.owed &+= done
    } else if groups.indices.contains(place) {
      groups[place].dead.owed &+= done
    } else {
      elsewhere.owed &+= done
    }
  }
}
