import Energy
import Glibc
import Host

/// NVIDIA GPUs: each counts its own energy, which is in no package's, and says who used it.
final class NVMLSource: EnergySource {
  private let library: String
  private var reader: GPUReader?
  /// The library is not installed: not looked for again, for privileges have gone since.
  private var isAbsent = false
  /// The number each GPU goes by, as long as the program runs: NVML's own change when one is gone.
  private var numbers: [String: Int] = [:]
  /// The readings of the sensors' common moment.
  private var moment: (time: UInt64, readings: Result<[String: GPUReader.Reading], HostError>)?

  init(library: String) { self.library = library }

  func discover() -> EnergyDiscovery {
    var discovery = EnergyDiscovery()
    if isAbsent { return discovery }
    do throws(GPUReader.Absence) {
      for device in try devices() {
        discovery.zones.append(
          EnergyDiscovery.Zone(
            zone: EnergyZone(source: .nvml, name: "gpu-\(number(of: device))", domain: .gpu, owner: device.identifier),
            sensor: GPUSensor(device.identifier, source: self)))
      }
    } catch {
      switch error {
      case .library: isAbsent = true
      case .failure(let error): discovery.problems.append(error)
      }
    }
    return discovery
  }

  private func number(of device: GPUReader.Device) -> Int {
    if let number = numbers[device.identifier] { return number }
    let taken = Set(numbers.values)
    let number = taken.contains(device.index) ? (taken.max() ?? 0) + 1 : device.index
    numbers[device.identifier] = number
    return number
  }

  private func devices() throws(GPUReader.Absence) -> [GPUReader.Device] {
    if let reader { return try reader.devices() }
    let started: GPUReader
    do throws(SystemError) { started = try GPUReader(library: library) } catch { throw .failure(.system(error)) }
    reader = started
    return try started.devices()
  }

  /// One question for all GPUs.
  fileprivate func reading(of identifier: String, at now: UInt64) throws(HostError) -> GPUReader.Reading {
    if moment?.time != now { moment = (now, readAll()) }
    guard let reading = try moment?.readings.get()[identifier] else {
      throw .system(SystemError(ENODEV, call: "find", path: identifier))
    }
    return reading
  }

  private func readAll() -> Result<[String: GPUReader.Reading], HostError> {
    guard let reader else { return .success([:]) }
    do throws(HostError) { return .success(try reader.readings()) } catch { return .failure(error) }
  }
}

private final class GPUSensor: EnergySensor {
  private var identifier: String { path }
  let path: String
  private let source: NVMLSource
  private var integrator = PowerIntegrator(rule: .trapezoid)
  /// Uses in the window that is open.
  private var open: [UInt32: UInt64] = [:]
  private var closed: [DeviceUse] = []

  init(_ identifier: String, source: NVMLSource) {
    path = identifier
    self.source = source
  }

  var uses: [DeviceUse]? { closed }

  func microjoules(at now: UInt64) throws(HostError) -> UInt64? {
    let reading = try source.reading(of: identifier, at: now)
    for use in reading.uses { open[use.pid, default: 0] += use.weight }
    let energy: UInt64 =
      switch try reading.amount.get() {
      case .microjoules(let microjoules): microjoules
      case .microwatts(let microwatts):
        try integrator.take(
          microwatts, at: now, path: identifier, mostWatts: WrapSafeCounter.fullPowerWatts)
      }
    closed = open.map { DeviceUse(pid: $0.key, weight: $0.value) }.sorted { $0.pid < $1.pid }
    open.removeAll(keepingCapacity: true)
    return energy
  }
}
