import Energy
import Host

/// RAPL by powercap. A file may come back under another zone's number.
struct PowercapSource: EnergySource {
  let paths: HostPaths
  let calls: EnergySensorCalls

  func discover() -> EnergyDiscovery {
    let (zones, problems) = calls.discover(below: paths.sys("class/powercap")) { [paths] in
      PowercapZone.discover(paths: paths)
    }
    return EnergyDiscovery(
      zones: zones.map { zone in
        EnergyDiscovery.Zone(
          zone: EnergyZone(
            source: .rapl, name: zone.name, parentName: zone.parentName, isMemoryMapped: zone.isMemoryMapped),
          range: zone.maxEnergyRange.flatMap(CounterRange.init(maxEnergyRange:)),
          sensor: CounterSensor(zone.energyPath, calls: calls))
      }, problems: problems)
  }
}
