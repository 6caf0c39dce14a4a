import Collecting
import Collectors
import Glibc
import Host
import Logging
import Readings
import TerminalView

/// Counts itself, on this machine.
struct LocalSource: ReadingSource {
  /// So many processes have rows of their own, unless the command line says otherwise: more than anybody looks through.
  private static let processLimit = 1000
  /// What ended is shown for one interval more; its series need not wait for a scraper.
  private static let graceNanoseconds: UInt64 = 10_000_000_000
  /// Sensors are read no more often.
  private static let leastEnergyInterval: UInt64 = 100_000_000

  /// A process has a row from the pass on that finds that it ran, and counts from the one after that.
  private static let passesAhead = 2
  /// So far apart are those ahead of the first reading: a collection that comes sooner shows the pass before.
  private static let passInterval: UInt64 = 150_000_000

  private let collectors: LocalCollectors
  private let options: CollectorOptions
  private var reading: Reading?

  let host: String
  let isRemote = false
  let descriptor: Int32? = nil

  /// - Parameter interval: between readings, in nanoseconds.
  init(_ chosen: CollectorOptions, interval: UInt64) throws {
    var options = chosen
    // with what nobody sees there would be less to see: it costs as well
    options.enabled.formIntersection(FamilyName.collectors)
    if options.enabled.isEmpty {
      throw StartError(
        "all collectors that it could show are switched off",
        cure: "leave on some of \(FamilyName.collectors.sorted().joined(separator: ", "))")
    }
    options.process.hasDetail = true
    // whatever ran at all has a row
    options.process.thresholdNanoseconds = 1
    options.cgroup.thresholdNanoseconds = 1
    if options.process.limit == ProcessOptions().limit { options.process.limit = Self.processLimit }
    if options.process.graceNanoseconds == ProcessOptions().graceNanoseconds {
      options.process.graceNanoseconds = Self.graceNanoseconds
    }
    options.energy.intervalNanoseconds = min(
      options.energy.intervalNanoseconds, max(Self.leastEnergyInterval, interval))
    self.options = options
    let logger = Logger(label: "wattprobe", factory: { _ in SwiftLogNoOpLogHandler() })
    do {
      collectors = try LocalCollectors(options, logger: logger)
    } catch {
      throw StartError("nothing can be counted here", cure: Self.cure)
    }
    let failures = collectors.set.states.compactMap { state in state.name == "process" ? state.failure : nil }
    if let failure = failures.first, failure.reason != .disabled {
      throw StartError("processes cannot be watched (\(failure.message))", cure: Self.cure)
    }
    host = Kernel.hostName
    for _ in 0..<Self.passesAhead {
      _ = collectors.wait(until: MonotonicClock.now + Self.passInterval)
      _ = collectors.set.collect(CollectorSelection(collect: ["process", "cgroup"]))
    }
    _ = collectors.wait(until: MonotonicClock.now + Self.passInterval)
  }

  private static let cure = "run it as root (sudo), or read an exporter that runs: --from http://HOST:10418"

  mutating func ask() {
    let snapshots = collectors.set.collect(CollectorSelection())
    reading = Reading(snapshots, keeping: FamilyName.all, time: MonotonicClock.now)
  }

  mutating func take() -> Result<Reading, StartError>? {
    defer { reading = nil }
    return reading.map { .success($0) }
  }

  func wait(until deadline: UInt64, for descriptor: Int32?) { _ = collectors.wait(until: deadline, for: descriptor) }

  func parents(of processes: [UInt32]) -> [UInt32: UInt32]? {
    ProcessParents.above(processes, paths: options.paths)
  }
}
