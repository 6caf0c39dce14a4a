internal import ByteText
import Energy
import Host

/// Sensors of energy and power of the hwmon subsystem.
///
/// Of most chips nobody but the board's maker knows what they measure: those are shown and never summed.
struct HwmonSource: EnergySource {
  /// Sensors beyond these are left out: processors of 128 cores show one each.
  static let mostZones = 64

  let paths: HostPaths
  let calls: EnergySensorCalls

  func discover() -> EnergyDiscovery {
    let (sensors, problems) = calls.discover(below: paths.sys("class/hwmon")) { [paths] in
      HwmonSensor.discover(paths: paths)
    }
    // Packages first: they are the last to be left out.
    let zones = sensors.map { ($0, Self.zone($0)) }
    let sorted = zones.filter { $0.1.domain == .package } + zones.filter { $0.1.domain != .package }
    var discovery = EnergyDiscovery(problems: problems)
    for (sensor, zone) in sorted.prefix(Self.mostZones) {
      discovery.zones.append(
        EnergyDiscovery.Zone(
          zone: zone, mayBeNarrow: sensor.kind == .energy,
          sensor: sensor.kind == .energy
            ? CounterSensor(sensor.path, calls: calls)
            : PowerSensor(
              sensor.path, rule: sensor.kind == .power ? .trapezoid : .rectangle,
              mostWatts: zone.mostWatts, calls: calls)))
    }
    if sorted.count > Self.mostZones {
      discovery.problems.append(
        .malformed(
          path: paths.sys("class/hwmon"), expected: "at most \(Self.mostZones) sensors of energy and power",
          found: "\(sorted.count)"))
    }
    return discovery
  }

  /// What the sensor measures, as far as its driver says so.
  static func zone(_ sensor: HwmonSensor) -> EnergyZone {
    let label = sensor.label ?? ""
    switch sensor.chip {
    case "amd_energy":
      // drivers/hwmon/amd_energy.c: the registers of RAPL.
      if let socket = number(label, after: "Esocket") {
        return EnergyZone(source: .hwmon, name: "package-\(socket)", domain: .package, package: socket)
      }
      if let core = number(label, after: "Ecore") {
        return EnergyZone(source: .hwmon, name: "core-\(core)", domain: .core)
      }
    case "fam15h_power":
      // drivers/hwmon/fam15h_power.c: once for each package.
      return EnergyZone(source: .hwmon, name: "package-\(sensor.ordinal)", domain: .package, package: sensor.ordinal)
    case "apm_xgene" where label == "CPU power":
      // drivers/hwmon/xgene-hwmon.c, X-Gene and Altra: once for each socket. "IO power" lies outside it.
      return EnergyZone(source: .hwmon, name: "package-\(sensor.ordinal)", domain: .package, package: sensor.ordinal)
    case "xe" where label == "card" && sensor.kind == .energy, "i915" where sensor.kind == .energy:
      // drivers/gpu/drm/xe/xe_hwmon.c, drivers/gpu/drm/i915/i915_hwmon.c: all of a card; xe's "pkg" lies within it.
      return EnergyZone(source: .hwmon, name: "card", domain: .gpu, owner: sensor.device)
    case "macsmc_hwmon" where label == "Total System Power":
      // drivers/hwmon/macsmc-hwmon.c, with the labels of Apple's device trees
      return EnergyZone(source: .hwmon, name: name(sensor), domain: .machine)
    case "power_meter":
      // drivers/hwmon/acpi_power_meter.c
      return EnergyZone(source: .hwmon, name: name(sensor), domain: .machine)
    default: break
    }
    return EnergyZone(source: .hwmon, name: name(sensor), domain: .other)
  }

  private static func number(_ label: String, after prefix: String) -> Int? {
    guard label.begins(with: prefix), let number = Int(label.dropFirst(prefix.count)), number >= 0 else { return nil }
    return number
  }

  /// `ina3221-VDD_CPU`, or `ina3221-power2` where the channel has no label; the chip's number follows where there are several.
  private static func name(_ sensor: HwmonSensor) -> String {
    let chip = sanitized(sensor.chip) + (sensor.ordinal > 0 ? "-\(sensor.ordinal + 1)" : "")
    let label = sanitized(sensor.label ?? "")
    return chip + "-" + (label.isEmpty ? sensor.channel : label)
  }

  /// Letters, digits, `_`, `.` and `-`; runs of anything else become one `_`. At most 48 characters.
  static func sanitized(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "_", ".", "-": result.unicodeScalars.append(scalar)
      default: if !result.isEmpty && result.last != "_" { result += "_" }
      }
      if result.utf8.count == 48 { break }
    }
    while result.last == "_" { result.removeLast() }
    return result
  }
}
