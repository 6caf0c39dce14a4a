package import Collecting
internal import Host

extension EnergyCollector: PeriodicCollector {
  package static let definition = CollectorDefinition<CollectorContext>(
    name: "energy", summary: "joules and watts of packages and zones, from RAPL by powercap and perf",
    isOnByDefault: true,
    notes: EnergyAttribution.notes,
    families: families + EnergyAttribution.families
  ) { context throws(CollectorFailure) in
    let collector = try EnergyCollector(
      paths: context.options.paths, now: MonotonicClock.now, logger: context.logger)
    collector.samplingInterval = min(context.options.energy.intervalNanoseconds, collector.longestPeriod)
    collector.attribution = EnergyAttribution.starting(context, readings: collector.readings)
    return collector
  }

  package func sample(now: UInt64) { sample(at: now) }
}
