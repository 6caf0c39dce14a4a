package import Collecting
internal import Energy
package import Exposition
package import Host
package import Logging

/// Measured energy: RAPL over powercap and over perf, sensors of hwmon, batteries, GPUs; and estimated, where asked for.
///
/// It samples by a period of its own, for a counter may wrap between two scrapes: a timer calls `sample(at:)`, and
/// `collect(into:)` only writes what the last sample left. Both touch the same state without a lock: whoever owns the
/// collector and calls them from two threads guards both with one lock.
package final class EnergyCollector: Collector {
  private struct Zone {
    let zone: EnergyZone
    let labels: EnergyLabels
    /// How it adds up with the zones that can be read now; nil while it is gone.
    var role: EnergyRole?
    /// Nil while the zone is gone.
    var sensor: (any EnergySensor)?
    var counter: WrapSafeCounter
    var proof: CounterProof
    /// Its sensor has nothing to measure now: a battery on the mains.
    var isAtRest = false
    /// The last window, nil while the last reading failed or was held: its power then is not known. Those of primary
    /// zones are the energy there is to attribute.
    var window: EnergyWindow?
    /// Whether the last reading succeeded.
    var isRead = false
    /// Complaints about this zone are dropped until then.
    var silentUntil: UInt64 = 0

    /// Whether it counts for anything.
    var isBelieved: Bool { sensor != nil && proof.state == .believed }
    var isShown: Bool { isBelieved && counter.hasReading && !isAtRest }
    /// Whether it can be read, and does not move.
    var isSilent: Bool { sensor != nil && counter.hasReading && !isAtRest && proof.state != .believed }
  }

  /// Whatever a sensor says of its range, samples are no closer.
  private static let shortestPeriod: UInt64 = 100_000_000
  /// New zones (a module loaded late) are looked for this often; lost ones at every sample for so long, then as often.
  private static let discoveryPeriod: UInt64 = 60_000_000_000
  /// A zone that goes on failing is complained about this often.
  private static let complaintPeriod: UInt64 = 3_600_000_000_000

  private let paths: HostPaths
  private let interval: UInt64
  /// In the order in which their zones are shown.
  private let sources: [any EnergySource]
  private let logger: Logger
  private var zones: [Zone] = []
  private var discovered: UInt64
  private var eagerUntil: UInt64 = 0
  private var rolesAreStale = false
  /// Whether the packages' energy is estimated: decided once sensors had the time to prove themselves. Nil before.
  private(set) var isModelled: Bool?
  private var sampled: UInt64
  private var windowNanoseconds: UInt64?
  /// Says who used what is measured; nil where nobody can.
  var attribution: EnergyAttribution?

  /// What is left out and why, each once, as it was logged.
  package private(set) var warnings: [String] = []
  /// The failure that tells most about why nothing can be read: the first one, a missing privilege before others.
  private var gravest: HostError?

  /// Finds the zones and takes the first readings, from which their energy counts. None is believed before it moves.
  ///
  /// - Parameters:
  ///   - now: nanoseconds of the clock that `sample(at:)` will be given, CLOCK_MONOTONIC.
  ///   - activity: what the model reads; nil: the kernel's counts.
  /// - Throws: `absent` where the machine shows no zone, `permission` where none may be read, `read` where none can be.
  package init(
    paths: HostPaths, now: UInt64, logger: Logger = Logger(label: "wattprobe.energy"),
    options: EnergyOptions = EnergyOptions(), activity: (any ActivitySource)? = nil,
    calls: EnergySensorCalls = EnergySensorCalls()
  ) throws(CollectorFailure) {
    self.paths = paths
    self.logger = logger
    interval = options.intervalNanoseconds
    var sources = Self.sensors(paths: paths, calls: calls)
    if let library = options.nvmlLibrary { sources.append(NVMLSource(library: library)) }
    if let model = options.model {
      let activity = activity ?? KernelActivity(paths: paths, systemCalls: nil)
      sources.append(ModelSource(model, activity: activity, paths: paths))
    }
    self.sources = sources
    discovered = now
    sampled = now
    discover(at: now)
    readAll(at: now)
    if !zones.contains(where: { $0.counter.hasReading || $0.isAtRest }) { throw failure }
  }

  /// The sources of what CPUs, memory and machines use.
  private static func sensors(paths: HostPaths, calls: EnergySensorCalls) -> [any EnergySource] {
    [
      PowerPMUSource(paths: paths, calls: calls), PowercapSource(paths: paths, calls: calls),
      HwmonSource(paths: paths, calls: calls), BatterySource(paths: paths, calls: calls),
    ]
  }

  /// Whether there will be energy of packages to attribute, as far as can be told before anything is read.
  static func mayMeasurePackages(_ options: CollectorOptions) -> Bool {
    if options.energy.model != nil { return true }
    return sensors(paths: options.paths, calls: EnergySensorCalls()).contains { source in
      source.discover().zones.contains { $0.zone.domain == .package || $0.zone.domain == .dram }
    }
  }

  /// The longest period between samples, in nanoseconds, in which no counter can make half a turn at full power.
  package var longestPeriod: UInt64 { zones.map(\.counter.longestPeriod).min() ?? .max }

  /// Time between two samples, in nanoseconds: as chosen, or shorter where a counter could turn unseen. It follows zones that
  /// come and go.
  package var samplingInterval: UInt64 { min(interval, max(longestPeriod, Self.shortestPeriod)) }

  /// How the zones that are there add up.
  var roles: [EnergyLabels: EnergyRole] {
    Dictionary(uniqueKeysWithValues: zones.compactMap { zone in zone.role.map { (zone.labels, $0) } })
  }

  /// Whether every zone that can be read has moved.
  package var isProved: Bool { !zones.contains { $0.isSilent } }

  /// Reads every zone once more at the start, so that those that move are believed; energy counts from here on.
  package func prove(at now: UInt64) {
    readAll(at: now)
    for index in zones.indices {
      zones[index].counter.restart()
      zones[index].window = nil
    }
    sampled = now
  }

  /// Sensors had the time to prove themselves: says what each zone was taken for, and which do not count.
  package func settle() {
    if isModelled != nil { return }
    // The model does not stand in for a sensor that is gone for a while: its joules would pass for measured ones.
    // Nor does a sensor that comes late take its place: what was estimated and what is measured would be one sum.
    let isMeasured = zones.contains { $0.isBelieved && $0.zone.domain == .package && $0.zone.source != .model }
    isModelled = !isMeasured && zones.contains { $0.zone.source == .model }
    assignRoles()
    for zone in zones where zone.isSilent {
      logger.info("energy zone \(zone.labels) does not move: it is left out until it does\(Self.reason(for: zone))")
    }
  }

  /// Reads every zone and closes a window.
  package func sample(at now: UInt64) {
    let isEager = now < eagerUntil && zones.contains { $0.sensor == nil }
    if isEager || now >= discovered + Self.discoveryPeriod { discover(at: now) }
    readAll(at: now)
    settle()
    attribution?.sample(readings, at: now)
    if now > sampled { windowNanoseconds = now - sampled }
    sampled = now
  }

  /// What the zones stand at.
  var readings: [EnergyReading] {
    zones.map {
      EnergyReading(
        labels: $0.labels, zone: $0.zone, role: $0.role, isSilent: $0.isSilent, total: $0.counter.microjoules,
        window: $0.window, uses: $0.window == nil ? nil : $0.sensor?.uses, path: $0.isShown ? $0.sensor?.path : nil)
    }
  }

  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    writer.begin(Self.energyJoules)
    for zone in zones where zone.isShown {
      Self.label(zone, &writer)
      writer.micro(zone.counter.microjoules)
    }
    writer.begin(Self.powerWatts)
    for zone in zones where zone.isShown {
      guard let window = zone.window else { continue }
      Self.label(zone, &writer)
      writer.double(window.watts)
    }
    writer.begin(Self.windowSeconds)
    if let windowNanoseconds, zones.contains(where: \.isShown) { writer.nanoseconds(windowNanoseconds) }
    writer.begin(Self.sourceErrors)
    // one that was never believed has no series, but for what it fails in
    for zone in zones where zone.isShown || zone.counter.errors > 0 {
      Self.label(zone, &writer)
      writer.unsigned(zone.counter.errors)
    }
    attribution?.collect(into: &writer)
  }

  private static func label(_ zone: Zone, _ writer: inout SampleWriter) {
    writer.label("source", zone.labels.source.rawValue)
    writer.label("package", zone.labels.package)
    writer.label("zone", zone.labels.zone)
  }

  /// Adds zones that are new and gives those that were lost their sensor back.
  private func discover(at now: UInt64) {
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
            counter: WrapSafeCounter(range: found.range, mayBeNarrow: found.mayBeNarrow),
            proof: found.zone.source == .model ? .given : CounterProof()))
      }
    }
  }

  private func readAll(at now: UInt64) {
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
    if rolesAreStale { assignRoles() }
  }

  /// Takes note of whether a counter moved, and says where that changes what is believed of it.
  private func noteMovement(of index: Int, _ hasMoved: Bool, at now: UInt64) {
    let before = zones[index].proof.state
    // an estimate needs no proof
    if zones[index].zone.source == .model { return }
    zones[index].proof.take(hasMoved: hasMoved, at: now)
    let state = zones[index].proof.state
    if state == before { return }
    rolesAreStale = true
    if state == .stuck {
      complain(
        index, "stands still for \(CounterProof.patience / 1_000_000_000) s: it is left out until it moves", at: now)
    }
  }

  private func assignRoles() {
    // who is compared with whom is settled with all that can prove themselves
    guard let isModelled else { return }
    rolesAreStale = false
    for index in zones.indices where !zones[index].isBelieved { zones[index].role = nil }
    for estimated in [false, true] {
      let present = zones.indices.filter { zones[$0].isBelieved && (zones[$0].zone.source == .model) == estimated }
      for (index, role) in zip(present, EnergyRole.assign(to: present.map { zones[$0].zone })) {
        let counts = estimated == isModelled || zones[index].zone.domain == .gpu
        let role = role == .primary && !counts ? .duplicate : role
        guard zones[index].role != role else { continue }
        zones[index].role = role
        logger.info("energy zone \(zones[index].labels): \(role.rawValue)")
      }
    }
  }

  private func remember(_ error: HostError) {
    if gravest == nil || (error.isPermission && gravest?.isPermission == false) { gravest = error }
  }

  /// One warning for each call that is refused, not one for each zone.
  private func warn(ofForbidden errors: [HostError]) {
    for isEvent in [true, false] {
      let refused = errors.filter { $0.isEvent == isEvent }
      guard let first = refused.first else { continue }
      let others = refused.count > 1 ? " (and \(refused.count - 1) more)" : ""
      warn("\(first)\(others); \(Self.cure(first))")
    }
  }

  private func warn(_ warning: String) {
    guard !warnings.contains(warning) else { return }
    warnings.append(warning)
    logger.warning("energy zone left out: \(warning)")
  }

  private func complain(_ index: Int, _ text: String, at now: UInt64) {
    guard now >= zones[index].silentUntil else { return }
    zones[index].silentUntil = now + Self.complaintPeriod
    logger.warning("energy zone \(zones[index].labels): \(text)")
  }

  /// Why there is nothing to show though sensors can be read: none moves.
  package var unavailability: CollectorFailure? {
    if zones.contains(where: { $0.isBelieved || $0.isAtRest }) { return nil }
    guard let zone = zones.first(where: \.isSilent) else { return zones.contains { $0.sensor != nil } ? nil : failure }
    let others = zones.count(where: \.isSilent) - 1
    let also = others > 0 ? " (nor \(others) more)" : ""
    return CollectorFailure(
      .absent, "the counter of \(zone.labels) does not move\(also)\(Self.reason(for: zone))",
      cure: "run on the machine itself; in a virtual machine --energy.model estimates")
  }

  /// Why a counter may not move, as far as it is known.
  private static func reason(for zone: Zone) -> String {
    guard zone.zone.source == .perf, zone.zone.domain == .psys else { return "" }
    return ": on Sapphire and Emerald Rapids the kernel offers it unchecked, and no hypervisor counts it for its guests"
  }

  /// Why nothing can be read.
  private var failure: CollectorFailure {
    guard let gravest else {
      return CollectorFailure(
        .absent,
        "no RAPL zone in \(paths.sys("class/powercap")), no power PMU, and no hwmon sensor, battery or NVIDIA GPU either",
        cure: "load intel_rapl_msr; virtual machines seldom have a sensor; --energy.model estimates")
    }
    return CollectorFailure(gravest.isPermission ? .permission : .read, gravest.description, cure: Self.cure(gravest))
  }

  private static func cure(_ problem: HostError) -> String {
    guard problem.isPermission else { return "see the kernel log; load intel_rapl_msr again" }
    if problem.isEvent {
      return "run as root, grant CAP_PERFMON (CAP_SYS_ADMIN where kernel.perf_event_paranoid is above 2), "
        + "or set kernel.perf_event_paranoid to 0"
    }
    return "run as root or grant CAP_DAC_READ_SEARCH: the file is its owner's alone"
  }
}

extension HostError {
  fileprivate var isEvent: Bool {
    guard case .system(let error) = self else { return false }
    return error.call == "perf_event_open"
  }
}
