import BPF
import Collecting
import Collectors
import Exposition
import Host
import Logging

extension CollectorSet {
  /// Starts the collectors of the registry; what cannot start is logged.
  static func starting(
    _ options: CollectorOptions, statistics: ProgramCollector.StatisticsSwitch?, logger: Logger
  ) -> CollectorSet {
    OwnProcess.raiseDescriptorLimit()
    OwnMemory.giveBack()
    KernelTypes.keep()
    let collectors = CollectorSet(
      Registry.collectors, enabled: options.enabled,
      context: { CollectorContext(options: options, logger: logger) },
      program: {
        ProgramCollector(
          $0, build: BuildInformation(version: Version.number, revision: Version.revision), statistics: statistics)
      },
      beside: OwnThread.run,
      now: { MonotonicClock.now },
      clock: SeriesClock(monotonic: MonotonicClock.now, realtime: RealtimeClock.now),
      report: { log($0, logger) })
    KernelTypes.release()
    OwnMemory.giveBack()
    let failures = collectors.states.compactMap { state in state.failure.map { (state.name, $0) } }
    for failure in StartFailure.grouped(failures.filter { $0.1.reason != .disabled }) { failure.log(to: logger) }
    return collectors
  }

  private static func log(_ event: Event, _ logger: Logger) {
    switch event {
    case .started(let collector):
      logger.debug("collector started", metadata: ["collector": "\(collector)"])
    case .unavailable:
      // once all were tried: those with one cause share a line
      break
    case .withdrawn(let collector, let failure):
      StartFailure.grouped([(collector, failure)]).forEach { $0.log(to: logger) }
    case .available(let collector):
      logger.info("collector is available", metadata: ["collector": "\(collector)"])
    case .failed(let collector, let failure):
      logger.error(
        "collector failed",
        metadata: ["collector": "\(collector)", "cause": "\(failure.message)", "cure": "\(failure.cure)"])
    case .recovered(let collector):
      logger.notice("collector works again", metadata: ["collector": "\(collector)"])
    }
  }
}
