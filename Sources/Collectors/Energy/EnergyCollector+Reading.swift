internal import Logging
internal import Energy
internal import Host

/// Finds zones, reads them, and decides which of them count.
extension EnergyCollector {
  /// Adds zones that are new and gives those that were lost their sensor back.
  func discover(at now: UInt64) {
    discovered = now
    rolesAreStale = true
    let discoveries = sources.map { $0.discover() }
    for problem in discoveries.flatMap(\.problems) {
      remember(problem)
      warn(problem.isPermission ? "\(problem); \(Self.cure(problem))" : problem.description)
    }
    let found = discoveries.flatMap(\.zones)
    let labels = EnergyLabels.assign(to: found.map(\.zone))
    for (found, labels) in zip(found, labels) {
      // Numbers may have moved while zones went and came: what is read already is not read once more under another name.
      if zones.contains(where: { $0.labels != labels && $0.sensor?.path == found.sensor.path }) { continue }
      if let index = zones.firstIndex(where: { $0.labels == labels }) {
        if zones[index].sensor == nil { zones[index].sensor = found.sensor }
      } else {
        zones.append(
          Zone(
            zone: found.zone, labels: labels, role: nil, sensor: found.sensor,
            counter: WrapSafeCounter(
              range: found.range, mayBeNarrow: found.mayBeNarrow, mostWatts: found.zone.mostWatts),
            startedAt: now,
            proof: found.zone.source == .model ? .given : CounterProof()))
      }
    }
  }

  func readAll(at now: UInt64) {
    let start = MonotonicClock.now
    var forbidden: [(index: Int, error: HostError)] = []
    for index in zones.indices {
      guard let sensor = zones[index].sensor else { continue }
      do throws(HostError) {
        let before = zones[index].counter
        guard let reading = try sensor.microjoules(at: now) else {
          zones[index].isAtRest = true
          zones[index].window = nil
          zones[index].proof.rest(at: now)
          continue
        }
        zones[index].isAtRest = false
        zones[index].isRead = true
        zones[index].window = zones[index].counter.read(reading, at: now)
        if zones[index].counter.errors > before.errors { complain(index, "held a reading of \(reading) µJ", at: now) }
        noteMovement(of: index, zones[index].counter.microjoules > before.microjoules, at: now)
      } catch {
        zones[index].window = nil
        remember(error)
        if error.isPermission && !zones[index].counter.hasReading {
          forbidden.append((index, error))
          continue
        }
        // A zone that came back but may not be opened any more (privileges were dropped) is as good as gone.
        if error.isPermission || sensor.isLost(by: error) {
          zones[index].counter.vanish()
          zones[index].proof.lose()
          zones[index].sensor = nil
          rolesAreStale = true
          // Not again for one that comes back only to fail.
          if zones[index].isRead { eagerUntil = now + Self.discoveryPeriod }
        } else {
          zones[index].counter.fail()
        }
        zones[index].isRead = false
        complain(index, error.description, at: now)
      }
    }
    // What may not be read is absent, and asked for again at the next discovery only: audit logs show every refusal.
    for (index, _) in forbidden.reversed() { zones.remove(at: index) }
    warn(ofForbidden: forbidden.map(\.error))
    compareDies(at: now, gap: MonotonicClock.now.subtracting(start))
    if rolesAreStale { assignRoles() }
  }

  /// Takes note of whether a counter moved, and says where that changes what is believed of it.
  private func noteMovement(of index: Int, _ hasMoved: Bool, at now: UInt64) {
    let before = zones[index].proof.state
    zones[index].proof.take(hasMoved: hasMoved, at: now)
    let state = zones[index].proof.state
    if state == before { return }
    rolesAreStale = true
    if state == .stuck {
      complain(
        index,
        "is stuck: it stands still for \(CounterProof.patience / 1_000_000_000) s: it is left out until it moves",
        at: now)
    }
  }

  func assignRoles() {
    // who is compared with whom is settled with all that can prove themselves
    guard let basis else { return }
    rolesAreStale = false
    for index in zones.indices where !zones[index].isBelieved { zones[index].role = nil }
    for estimated in [false, true] {
      let present = zones.indices.filter { zones[$0].isBelieved && (zones[$0].zone.source == .model) == estimated }
      let platform = basis == .platform ? EnergyRole.platform(of: present.map { zones[$0].zone }) : nil
      for (place, (index, role)) in zip(present, EnergyRole.assign(to: present.map { zones[$0].zone })).enumerated() {
        let role = place == platform ? .primary : limited(role, of: index, basis: basis)
        guard zones[index].role != role else { continue }
        zones[index].role = role
        logger.info("energy zone \(zones[index].labels): \(role.rawValue)")
      }
    }
  }

  /// What counts beside what is divided already.
  private func limited(_ role: EnergyRole, of index: Int, basis: EnergyBasis) -> EnergyRole {
    guard role == .primary else { return role }
    if isTwin(zones[index]) { return .duplicate }
    return switch basis {
    case .measured: zones[index].zone.source == .model ? .duplicate : role
    case .model: zones[index].zone.source == .model || zones[index].zone.domain == .gpu ? role : .duplicate
    case .platform: .part
    }
  }

  // MARK: Dies

  /// The first die of the package of `zone`, by the same source: the counter that `zone` may show once more.
  private func firstDie(of zone: EnergyZone) -> Int? {
    guard let die = zone.die else { return nil }
    return zones.indices.filter { index in
      let other = zones[index].zone
      return zones[index].isBelieved && other.package == zone.package && other.domain == zone.domain
        && other.source == zone.source && other.isMemoryMapped == zone.isMemoryMapped
        && other.die.map { $0 < die } == true
    }.min { zones[$0].zone.die! < zones[$1].zone.die! }
  }

  /// Whether its counter is, as far as is known, that of another die of its package.
  func isTwin(_ zone: Zone) -> Bool { !zone.isOther.areProved && firstDie(of: zone.zone) != nil }

  /// Holds the counters of dies against each other, which were all read within `gap` nanoseconds.
  private func compareDies(at now: UInt64, gap: UInt64) {
    for index in zones.indices where zones[index].zone.die != nil && !zones[index].isOther.areProved {
      let first = firstDie(of: zones[index].zone)
      zones[index].takesOver = first == nil && zones[index].found != nil
      if first == nil { zones[index].found = nil }
      guard let first, zones[index].window != nil, zones[first].window != nil else {
        zones[index].isOther.lose()
        continue
      }
      let total = zones[index].counter.microjoules
      zones[index].isOther.take(
        zones[first].counter.microjoules, total, gap: gap, mostWatts: zones[index].zone.mostWatts)
      let found = zones[index].found ?? (now, total)
      zones[index].found = found
      guard zones[index].isOther.areProved else { continue }
      rolesAreStale = true
      // what was held back is of all the time since
      zones[index].window = EnergyWindow(
        microjoules: total.subtracting(found.total), nanoseconds: now.subtracting(found.time))
    }
  }
}
