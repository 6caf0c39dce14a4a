import Energy
import Host

/// RAPL by perf's `power` PMU.
struct PowerPMUSource: EnergySource {
  let paths: HostPaths
  let calls: EnergySensorCalls

  func discover() -> EnergyDiscovery {
    var discovery = EnergyDiscovery()
    let pmu: PowerPMU
    do throws(HostError) {
      guard let found = try PowerPMU.discover(paths: paths) else { return discovery }
      pmu = found
    } catch {
      discovery.problems.append(error)
      return discovery
    }
    let cpus = Self.places(pmu.cpus.map { CPUTopology.CPU(number: $0, paths: paths) })
    for event in pmu.events {
      guard let scale = EnergyScale(event.scale) else {
        discovery.problems.append(
          .malformed(path: "power/\(event.name).scale", expected: "a scale", found: event.scale))
        continue
      }
      for cpu in cpus {
        let hasDies = cpus.count { $0.package == cpu.package } > 1
        discovery.zones.append(
          EnergyDiscovery.Zone(
            zone: Self.zone(event: event.name, package: cpu.package, die: hasDies ? cpu.die : nil),
            range: scale.range,
            sensor: EventSensor("power/\(event.name) on CPU \(cpu.number)", scale) { name in
              PerfCounter(type: pmu.type, config: event.config, cpu: cpu.number, name: name, open: calls.openEvent)
            }))
      }
    }
    return discovery
  }

  /// One CPU for each counter: the mask names one of each die, or, where the counters come by TPMI (7.3), all of
  /// each package, whose dies then share one.
  private static func places(_ cpus: [CPUTopology.CPU]) -> [CPUTopology.CPU] {
    func first<Place: Hashable>(_ place: (CPUTopology.CPU) -> Place) -> [CPUTopology.CPU] {
      var seen: Set<Place> = []
      return cpus.filter { seen.insert(place($0)).inserted }
    }
    let dies = first { [$0.package, $0.die] }
    return dies.count == cpus.count ? cpus : first(\.package)
  }

  // The names powercap gives to the same counters, so that the zones of both sources compare.
  private static func zone(event: String, package: Int?, die: Int?) -> EnergyZone {
    let location = package.map { "package-\($0)" + (die.map { "-die-\($0)" } ?? "") } ?? "package"
    return switch event {
    case "energy-pkg": EnergyZone(source: .perf, name: location)
    case "energy-cores": EnergyZone(source: .perf, name: "core", parentName: location)
    case "energy-gpu": EnergyZone(source: .perf, name: "uncore", parentName: location)
    case "energy-ram": EnergyZone(source: .perf, name: "dram", parentName: location)
    case "energy-psys":
      EnergyZone(source: .perf, name: package.map { $0 == 0 ? "psys" : "psys-\($0)" } ?? "psys")
    default: EnergyZone(source: .perf, name: String(event.dropFirst("energy-".count)), parentName: location)
    }
  }
}

private final class EventSensor: EnergySensor {
  let path: String
  private let event: PerfCounter
  private let scale: EnergyScale

  init(_ name: String, _ scale: EnergyScale, event: (_ name: String) -> PerfCounter) {
    path = name
    self.event = event(name)
    self.scale = scale
  }

  func microjoules(at now: UInt64) throws(HostError) -> UInt64? { scale.microjoules(try event.read()) }

  // An event that is opened again starts at 0.
  func isLost(by error: HostError) -> Bool { true }
}
