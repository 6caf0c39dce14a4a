import Energy
import Host

/// What batteries give while the machine runs on them.
struct BatterySource: EnergySource {
  static let mostZones = 8

  let paths: HostPaths
  let calls: EnergySensorCalls

  func discover() -> EnergyDiscovery {
    let (batteries, problems) = calls.discover(below: paths.sys("class/power_supply")) { [paths] in
      Battery.discover(paths: paths)
    }
    return EnergyDiscovery(
      zones: batteries.prefix(Self.mostZones).map { battery in
        EnergyDiscovery.Zone(
          zone: EnergyZone(source: .battery, name: HwmonSource.sanitized(battery.name), domain: .machine),
          sensor: BatterySensor(battery, calls: calls))
      }, problems: problems)
  }
}

/// A battery's own level while it discharges: what it fell by was used. Nothing at other times.
final class BatterySensor: EnergySensor {
  private let battery: Battery
  /// The level, or the power.
  private let level: CounterFile
  private let voltage: CounterFile?
  private let reader: BoundedReader
  private var integrator = PowerIntegrator(rule: .trapezoid)
  private var last: (level: UInt64, microvolts: UInt64)?
  /// What it fell by: microwatt hours of 3600 µJ, or microampere hours times twice the microvolts, of 9/5000 µJ each.
  private var fallen: UInt128 = 0
  /// More than any battery has: a megawatt hour, a kilovolt.
  private static let mostLevel: UInt64 = 1_000_000_000_000
  private static let mostMicrovolts: UInt64 = 1_000_000_000
  private static let mostWatts = EnergyZone(source: .battery, name: "", domain: .machine).mostWatts

  init(_ battery: Battery, calls: EnergySensorCalls) {
    self.battery = battery
    reader = calls.reader
    let file =
      switch battery.gauge {
      case .energy: "energy_now"
      case .charge: "charge_now"
      case .power: "power_now"
      }
    level = calls.file(battery.path(file))
    voltage = battery.gauge == .charge ? calls.file(battery.path("voltage_now")) : nil
  }

  var path: String { level.path }

  func microjoules(at now: UInt64) throws(HostError) -> UInt64? {
    guard try isDischarging() else {
      last = nil
      integrator.pause()
      return nil
    }
    let reading = try level.read()
    if battery.gauge == .power {
      return try integrator.take(reading, at: now, path: level.path, mostWatts: Self.mostWatts)
    }
    try check(reading, upTo: Self.mostLevel, level.path)
    let here = (level: reading, microvolts: try voltage?.read() ?? 0)
    if let voltage { try check(here.microvolts, upTo: Self.mostMicrovolts, voltage.path) }
    defer { last = here }
    if let last {
      guard reading <= last.level else {
        // It was gauged anew, or charged and unplugged again since the last reading.
        throw .malformed(path: level.path, expected: "a level of at most \(last.level)", found: "\(reading)")
      }
      let fall = UInt128(last.level - reading)
      fallen += battery.gauge == .energy ? fall : fall * UInt128(last.microvolts + here.microvolts)
    }
    return UInt64(clamping: battery.gauge == .energy ? fallen * 3600 : fallen * 9 / 5000)
  }

  private func isDischarging() throws(HostError) -> Bool {
    try reader.result(of: battery.path("status")) { [battery] in
      do throws(HostError) { return .success(try battery.isDischarging()) } catch { return .failure(error) }
    }
  }

  private func check(_ number: UInt64, upTo most: UInt64, _ path: String) throws(HostError) {
    guard number <= most else { throw .malformed(path: path, expected: "at most \(most)", found: "\(number)") }
  }
}
