/// A battery that the machine can run on: `<sysfs>/class/power_supply` (Documentation/ABI/testing/sysfs-class-power).
package struct Battery: Sendable, Hashable {
  /// What tells how much it gives, the best first.
  package enum Gauge: Sendable, Hashable {
    /// `energy_now`: microwatt hours left.
    case energy
    /// `charge_now` and `voltage_now`: microampere hours left, and microvolts.
    case charge
    /// `power_now`: microwatts.
    case power
  }

  /// `BAT0`.
  package let name: String
  package let gauge: Gauge
  private let folder: String

  package func path(_ attribute: String) -> String { folder + "/" + attribute }

  /// Whether it gives energy now. Charging, full, and on the mains it does not.
  package func isDischarging() throws(HostError) -> Bool {
    do throws(SystemError) { return try SmallFile.text(path("status")) == "Discharging" } catch { throw .system(error) }
  }

  /// The batteries, by name. Those of mice and other devices (`scope`) are none of the machine's, and one without any gauge
  /// is left out.
  package static func discover(paths: HostPaths) -> (found: [Battery], problems: [HostError]) {
    let base = paths.sys("class/power_supply")
    let (names, problems) = Directory.optionalNames(base)
    var discovery = (found: [Battery](), problems: problems)
    for name in names.sorted() {
      let folder = base + "/" + name
      do throws(SystemError) {
        guard try SmallFile.text(folder + "/type") == "Battery" else { continue }
        let files = Set(try Directory.names(folder))
        if files.contains("scope"), try SmallFile.text(folder + "/scope") == "Device" { continue }
        guard files.contains("status"), let gauge = gauge(files) else { continue }
        discovery.found.append(Battery(name: name, gauge: gauge, folder: folder))
      } catch {
        let problem = HostError.system(error)
        if !problem.isAbsence { discovery.problems.append(problem) }
      }
    }
    return discovery
  }

  private static func gauge(_ files: Set<String>) -> Gauge? {
    if files.contains("energy_now") { return .energy }
    if files.isSuperset(of: ["charge_now", "voltage_now"]) { return .charge }
    return files.contains("power_now") ? .power : nil
  }
}
