package import Exposition

extension EnergyCollector {
  private static let labels = ["source", "package", "zone"]

  static let energyJoules = Family(
    "energy_joules", .counter, unit: "joules", labels: labels,
    help:
      "Energy since wattprobe started. The machine's, each joule once, is the sum of energy_attributed_joules; core and uncore "
      + "are parts of packages, psys and machine contain them, -mmio zones and dies may measure the same again.")
  static let powerWatts = Family(
    "power_watts", .gauge, unit: "watts", labels: labels,
    help: "Mean power of the zone over its last window; absent while it cannot be read.")
  static let windowSeconds = Family(
    "energy_window_seconds", .gauge, unit: "seconds",
    help: "Time between the last two samples of the energy counters.")
  static let sourceErrors = Family(
    "energy_source_errors", .counter, labels: labels,
    help: "Readings that failed, or stepped back and were held; no energy is counted for them.")

  /// Every family it may write.
  package static let families = [energyJoules, powerWatts, windowSeconds, sourceErrors]
}
