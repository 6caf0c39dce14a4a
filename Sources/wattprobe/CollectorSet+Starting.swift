import BPF
import Collecting
import Collectors
import Host
import Logging

extension CollectorSet {
  /// Starts the collectors of the registry; what cannot start is logged.
  static func starting(
    _ options: CollectorOptions, statistics: StatisticsSwitch?, logger: Logger
  ) -> CollectorSet {
    CollectorSet(
      Registry.collectors, enabled: options.enabled,
      context: { CollectorContext(options: options, logger: logger) },
      program: {
        ProgramCollector(
          $0, build: BuildInformation(version: Version.number, revision: Version.revision), statistics: statistics)
      },
      now: { MonotonicClock.now },
      report: { log($0, logger) })
  }

  private static func log(_ event: Event, _ logger: Logger) {
    switch event {
    case .started(let collector):
      logger.debug("collector started", metadata: ["collector": "\(collector)"])
    case .unavailable(let collector, let failure):
      // a missing sensor is nothing to worry about
      logger.log(
        level: failure.reason == .absent ? .info : .error, "collector is not available",
        metadata: ["collector": "\(collector)", "cause": "\(failure.message)", "cure": "\(failure.cure)"])
    case .failed(let collector, let failure):
      logger.error(
        "collector failed",
        metadata: ["collector": "\(collector)", "cause": "\(failure.message)", "cure": "\(failure.cure)"])
    case .recovered(let collector):
      logger.notice("collector works again", metadata: ["collector": "\(collector)"])
    }
  }
}
