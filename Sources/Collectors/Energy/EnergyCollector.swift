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
  struct Zone {
    let zone: EnergyZone
    let labels: EnergyLabels
    /// How it adds up with the zones that can be read now; nil while it is gone.
    var role: EnergyRole?
    /// Nil while the zone is gone.
    var sensor: (any EnergySensor)?
    var counter: WrapSafeCounter
    /// When its energy and errors began to count.
    var startedAt: UInt64
    var proof: CounterProof
    /// Of a die: whether its counter is another than that of the package's first one.
    var isOther = DistinctCounters()
    /// When it was found, and what it stood at: what is its own is attributed from there on.
    var found: (time: UInt64, total: UInt64)?
    /// It was taken for another one's twin until that went, in the last window: that was the other's.
    var takesOver = false
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
  static let shortestPeriod: UInt64 = 100_000_000
  /// New zones (a module loaded late) are looked for this often; lost ones at every sample for so long, then as often.
  static let discoveryPeriod: UInt64 = 60_000_000_000
  /// A zone that goes on failing is complained about this often.
  static let complaintPeriod: UInt64 = 3_600_000_000_000

  let paths: HostPaths
  private let interval: UInt64
  /// In the order in which their zones are shown.
  let sources: [any EnergySource]
  let logger: Logger
  var zones: [Zone] = []
  var discovered: UInt64
  var eagerUntil: UInt64 = 0
  var rolesAreStale = false
  /// What is divided among processes: decided once sensors had the time to prove themselves. Nil before.
  private(set) var basis: EnergyBasis?
  private var sampled: UInt64
  private var windowNanoseconds: UInt64?
  /// Says who used what is measured; nil where nobody can.
  var attribution: EnergyAttribution?

  /// What is left out and why, each once, as it was logged.
  package internal(set) var warnings: [String] = []
  /// The failure that tells most about why nothing can be read: the first one, a missing privilege before others.
  var gravest: HostError?

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
    return sensors(paths: options.paths, calls: options.sensorCalls).contains { source in
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
    if basis != nil { return }
    // The model does not stand in for a sensor that is gone for a while: its joules would pass for measured ones.
    // Nor does a sensor that comes late take its place: what was estimated and what is measured would be one sum.
    let isMeasured = zones.contains { $0.isBelieved && $0.zone.domain == .package && $0.zone.source != .model }
    let hasModel = zones.contains { $0.zone.source == .model }
    // one that does not move yet may be late: it counts in its own right then
    let isPlatformAlone = !zones.contains { [.package, .dram, .gpu].contains($0.zone.domain) }
    basis = isMeasured ? .measured : hasModel ? .model : isPlatformAlone ? .platform : .measured
    assignRoles()
    for zone in zones where zone.isSilent {
      logger.info("energy zone \(zone.labels) does not move: it is left out until it does\(Self.reason(for: zone))")
    }
  }

  /// For whom a window is closed.
  enum Purpose {
    /// Series: windows stay open where passes over all tasks would cost too much.
    case series
    /// Trees of processes: at once.
    case now
    /// The same as they end: `freed` waits until the kernel has let go of their tasks.
    case last(freed: () -> Void)
  }

  /// Reads every zone and closes a window.
  package func sample(at now: UInt64) { sample(at: now, for: .series) }

  func sample(at now: UInt64, for purpose: Purpose) {
    let isEager = now < eagerUntil && zones.contains { $0.sensor == nil }
    if isEager || now >= discovered + Self.discoveryPeriod { discover(at: now) }
    readAll(at: now)
    settle()
    attribution?.sample(readings, at: now, for: purpose)
    if now > sampled { windowNanoseconds = now - sampled }
    sampled = now
  }

  /// What the zones stand at.
  var readings: [EnergyReading] {
    zones.map {
      EnergyReading(
        labels: $0.labels, zone: $0.zone, role: $0.takesOver ? .duplicate : $0.role,
        isSilent: $0.isSilent || isTwin($0), total: $0.counter.microjoules,
        window: $0.window, uses: $0.window == nil ? nil : $0.sensor?.uses, path: $0.isShown ? $0.sensor?.path : nil,
        startedAt: $0.startedAt)
    }
  }

  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    writer.begin(Self.energyJoules)
    for zone in zones where zone.isShown {
      Self.label(zone, &writer)
      writer.started(at: zone.startedAt)
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
      writer.started(at: zone.startedAt)
      writer.unsigned(zone.counter.errors)
    }
    attribution?.collect(into: &writer) { [zones] package in
      zones.filter { $0.labels.package == package }.map(\.startedAt).min()
    }
  }

  private static func label(_ zone: Zone, _ writer: inout SampleWriter) {
    writer.label("source", zone.labels.source.rawValue)
    writer.label("package", zone.labels.package)
    writer.label("zone", zone.labels.zone)
  }
}
