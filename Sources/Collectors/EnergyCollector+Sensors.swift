import Energy
package import Host

/// Where the readings of a zone come from.
enum EnergySensor {
  case file(CounterFile)
  case event(PerfCounter, EnergyScale)

  /// The counter's value now.
  func microjoules() throws(HostError) -> UInt64 {
    switch self {
    case .file(let file): try file.read()
    case .event(let event, let scale): scale.microjoules(try event.read())
    }
  }

  /// Whether `error` means that the next reading, if there is one, is of another counter. A powercap file may come back
  /// under another zone's number, and a perf event opened again starts at 0.
  func isLost(by error: HostError) -> Bool {
    switch self {
    case .file: error.isAbsence
    case .event: true
    }
  }
}

/// The system calls under the sensors; tests replace them.
package struct EnergySensorCalls: Sendable {
  package var files = FileCalls()
  package var openEvent = PerfCounter.systemOpen

  package init() {}
}

/// The energy sensors that the machine shows at one moment. Nothing of them is open yet.
struct EnergySensors {
  struct Found {
    let zone: EnergyZone
    let range: CounterRange?
    let sensor: EnergySensor
  }

  private(set) var found: [Found] = []
  /// What was left out, and why.
  private(set) var problems: [HostError] = []

  init(paths: HostPaths, calls: EnergySensorCalls) {
    addEvents(paths, calls)
    addPowercap(paths, calls)
  }

  private mutating func addPowercap(_ paths: HostPaths, _ calls: EnergySensorCalls) {
    let (zones, problems) = PowercapZone.discover(paths: paths)
    self.problems += problems
    for zone in zones {
      found.append(
        Found(
          zone: EnergyZone(
            source: .rapl, name: zone.name, parentName: zone.parentName, isMemoryMapped: zone.isMemoryMapped),
          range: zone.maxEnergyRange.flatMap(CounterRange.init(maxEnergyRange:)),
          sensor: .file(CounterFile(zone.energyPath, calls: calls.files))))
    }
  }

  private mutating func addEvents(_ paths: HostPaths, _ calls: EnergySensorCalls) {
    let pmu: PowerPMU
    do throws(HostError) {
      guard let found = try PowerPMU.discover(paths: paths) else { return }
      pmu = found
    } catch {
      problems.append(error)
      return
    }
    let cpus = pmu.cpus.map { CPUTopology.CPU(number: $0, paths: paths) }
    for event in pmu.events {
      guard let scale = EnergyScale(event.scale) else {
        problems.append(.malformed(path: "power/\(event.name).scale", expected: "a scale", found: event.scale))
        continue
      }
      for cpu in cpus {
        // The PMU counts per die only where packages have several: one CPU of a package then stands for each of them.
        let hasDies = cpus.count { $0.package == cpu.package } > 1
        found.append(
          Found(
            zone: Self.zone(event: event.name, package: cpu.package, die: hasDies ? cpu.die : nil),
            range: scale.range,
            sensor: .event(
              PerfCounter(
                type: pmu.type, config: event.config, cpu: cpu.number, name: "power/\(event.name) on CPU \(cpu.number)",
                open: calls.openEvent),
              scale)))
      }
    }
  }

  // The names powercap gives to the same counters, so that the zones of both sources compare.
  private static func zone(event: String, package: Int?, die: Int?) -> EnergyZone {
    let place = package.map { "package-\($0)" + (die.map { "-die-\($0)" } ?? "") } ?? "package"
    return switch event {
    case "energy-pkg": EnergyZone(source: .perf, name: place)
    case "energy-cores": EnergyZone(source: .perf, name: "core", parentName: place)
    case "energy-gpu": EnergyZone(source: .perf, name: "uncore", parentName: place)
    case "energy-ram": EnergyZone(source: .perf, name: "dram", parentName: place)
    case "energy-psys":
      EnergyZone(source: .perf, name: package.map { $0 == 0 ? "psys" : "psys-\($0)" } ?? "psys")
    default: EnergyZone(source: .perf, name: String(event.dropFirst("energy-".count)), parentName: place)
    }
  }
}
