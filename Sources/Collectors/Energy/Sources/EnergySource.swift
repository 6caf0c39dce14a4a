import Energy
package import Host
import Logging

/// A way to learn of energy: shows zones, and reads them.
///
/// Each kind is one source. Which of the zones add up, and which measure the same thing again, `EnergyRole` decides from what
/// they say of themselves; the order is perf's power PMU, powercap, its memory-mapped twin, hwmon, the model.
protocol EnergySource {
  /// The zones there are at this moment, in an order that stays the same. Opens nothing that is the zones' own.
  func discover() -> EnergyDiscovery
}

/// What a source found.
struct EnergyDiscovery {
  struct Zone {
    let zone: EnergyZone
    /// Nil: the kernel does not tell how far its counter counts.
    var range: CounterRange?
    /// Whether a counter without a range may have 32 bits only.
    var mayBeNarrow = false
    let sensor: any EnergySensor
  }

  var zones: [Zone] = []
  /// What was left out, and why.
  var problems: [HostError] = []
}

/// Where the readings of one zone come from.
protocol EnergySensor: AnyObject {
  /// The file, or what stands for one: no two zones read the same.
  var path: String { get }

  /// The zone's counter in microjoules at `now`, CLOCK_MONOTONIC in nanoseconds; nil while there is nothing to measure, which
  /// is no failure. What was counted before stays.
  func microjoules(at now: UInt64) throws(HostError) -> UInt64?

  /// Whether `error` means that the next reading, if there is one, is of another counter.
  func isLost(by error: HostError) -> Bool

  /// Who used what was measured up to the last reading that succeeded, where the sensor tells; nil: CPU time tells.
  var uses: [DeviceUse]? { get }
}

extension EnergySensor {
  func isLost(by error: HostError) -> Bool { error.isAbsence }
  var uses: [DeviceUse]? { nil }
}

/// The system calls under the sensors; tests replace them.
package struct EnergySensorCalls: Sendable {
  package var files = FileCalls()
  package var openEvent = PerfCounter.systemOpen
  package var reader: BoundedReader

  package init(reader: BoundedReader = BoundedReader()) { self.reader = reader }

  func file(_ path: String) -> CounterFile { CounterFile(path, calls: files, reader: reader) }

  /// What `discover` finds below `path`; a problem where its drivers do not answer.
  func discover<Found: Sendable>(
    below path: String, _ discover: @escaping @Sendable () -> (found: [Found], problems: [HostError])
  ) -> (found: [Found], problems: [HostError]) {
    do throws(HostError) {
      return try reader.result(of: path) { .success(discover()) }
    } catch {
      return ([], [error])
    }
  }
}

extension CollectorOptions {
  /// The calls of the energy collector's sensors, whose files the reader of all collectors reads.
  var sensorCalls: EnergySensorCalls {
    var calls = energy.calls
    calls.reader = reader
    return calls
  }
}

/// A file with a counter in microjoules.
final class CounterSensor: EnergySensor {
  private let file: CounterFile

  init(_ path: String, calls: EnergySensorCalls) { file = calls.file(path) }

  var path: String { file.path }

  func microjoules(at now: UInt64) throws(HostError) -> UInt64? { try file.read() }
}

/// A file with a power in microwatts.
final class PowerSensor: EnergySensor {
  private let file: CounterFile
  private let mostWatts: UInt64
  private var integrator: PowerIntegrator

  /// - Parameter mostWatts: what is more is no power, such as the all-ones of a meter that has none to tell.
  init(_ path: String, rule: PowerIntegrator.Rule, mostWatts: UInt64, calls: EnergySensorCalls) {
    file = calls.file(path)
    self.mostWatts = mostWatts
    integrator = PowerIntegrator(rule: rule)
  }

  var path: String { file.path }

  func microjoules(at now: UInt64) throws(HostError) -> UInt64? {
    try integrator.take(try file.read(), at: now, path: file.path, mostWatts: mostWatts)
  }
}

extension PowerIntegrator {
  /// The energy with this reading; a failure where it is more than is possible, and where too much time has passed since the
  /// last one.
  mutating func take(
    _ microwatts: UInt64, at now: UInt64, path: String, mostWatts: UInt64
  ) throws(HostError) -> UInt64 {
    guard microwatts <= mostWatts * 1_000_000 else {
      throw .malformed(path: path, expected: "at most \(mostWatts) W", found: "\(microwatts) µW")
    }
    guard let gap = add(microwatts: microwatts, at: now) else { return microjoules }
    throw .malformed(
      path: path, expected: "a reading every \(Self.longestGap / 1_000_000_000) s",
      found: "none for \(gap / 1_000_000_000) s")
  }
}
