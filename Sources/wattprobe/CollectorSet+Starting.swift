import BPF
import Collecting
import Collectors
import Exposition
import Glibc
import Host
import Logging

extension CollectorSet {
  /// Starts the collectors of the registry; what cannot start is logged.
  static func starting(
    _ options: CollectorOptions, statistics: ProgramCollector.StatisticsSwitch?, budget: BudgetArgument,
    logger: Logger
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
      budget: BudgetSettings(
        limit: budget.limit(cpus: Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))), cpuTime: { OwnProcess.threadNanoseconds }),
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
    case .budget(let step, let failure, let limit, let level):
      log(step, failure, limit: percent(limit), level: level, logger)
    }
  }

  /// A step of the budget, with the figures that led to it, in shares of one CPU.
  private static func log(
    _ step: Budget.Step, _ failure: CollectorFailure?, limit: String, level: Int, _ logger: Logger
  ) {
    switch step {
    case .down(let collector, let cost, let total):
      logger.warning(
        "collector is shed",
        metadata: [
          "collector": "\(collector)", "cost": "\(percent(cost))", "total": "\(percent(total))", "budget": "\(limit)",
          "level": "\(level)", "cure": "raise --budget.cpu, or leave it out with --no-collector.\(collector)",
        ])
    case .up(let collector, let cost, let total):
      if let failure {
        return logger.error(
          "collector cannot come back",
          metadata: ["collector": "\(collector)", "cause": "\(failure.message)", "cure": "\(failure.cure)"])
      }
      logger.notice(
        "collector comes back, and counts from 0",
        metadata: [
          "collector": "\(collector)", "expected": "\(percent(cost))", "total": "\(percent(total))",
          "budget": "\(limit)", "level": "\(level)",
        ])
    case .helpless(let total):
      logger.warning(
        "it costs more than its budget, and has no collector left to shed that would change that",
        metadata: [
          "total": "\(percent(total))", "budget": "\(limit)", "level": "\(level)",
          "cure": "raise --budget.cpu, scrape less often, or switch collectors off",
        ])
    }
  }
}
