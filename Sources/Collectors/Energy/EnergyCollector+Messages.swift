internal import Logging
package import Collecting
internal import Energy
internal import Host

/// What it says of zones that are left out, fail, or do not count.
extension EnergyCollector {
  func remember(_ error: HostError) {
    if gravest == nil || (error.isPermission && gravest?.isPermission == false) { gravest = error }
  }

  /// One warning for each call that is refused, not one for each zone.
  func warn(ofForbidden errors: [HostError]) {
    for isEvent in [true, false] {
      let refused = errors.filter { $0.isEvent == isEvent }
      guard let first = refused.first else { continue }
      let others = refused.count > 1 ? " (and \(refused.count - 1) more)" : ""
      warn("\(first)\(others); \(Self.cure(first))")
    }
  }

  func warn(_ warning: String) {
    guard !warnings.contains(warning) else { return }
    warnings.append(warning)
    logger.warning("energy zone left out: \(warning)")
  }

  func complain(_ index: Int, _ text: String, at now: UInt64) {
    guard now >= zones[index].silentUntil else { return }
    zones[index].silentUntil = now + Self.complaintPeriod
    logger.warning("energy zone \(zones[index].labels): \(text)")
  }

  /// Why there is nothing to show though sensors can be read: none moves.
  package var unavailability: CollectorFailure? {
    if zones.contains(where: { $0.isBelieved || $0.isAtRest }) { return nil }
    guard let zone = zones.first(where: \.isSilent) else { return zones.contains { $0.sensor != nil } ? nil : failure }
    let others = zones.count(where: \.isSilent) - 1
    let also = others > 0 ? " (nor \(others) more)" : ""
    return CollectorFailure(
      .absent, "the counter of \(zone.labels) does not move\(also)\(Self.reason(for: zone))",
      cure: "run on the machine itself, or estimate with --energy.model")
  }

  /// Why a counter may not move, as far as it is known.
  static func reason(for zone: Zone) -> String {
    guard zone.zone.source == .perf, zone.zone.domain == .psys else { return "" }
    return ": on Sapphire and Emerald Rapids the kernel offers it unchecked, and no hypervisor counts it for its guests"
  }

  /// Why nothing can be read.
  var failure: CollectorFailure {
    guard let gravest else {
      return CollectorFailure(
        .absent,
        "no RAPL zone in \(paths.sys("class/powercap")), no power PMU, and no hwmon sensor, battery or NVIDIA GPU either",
        cure: "on hardware load intel_rapl_msr; virtual machines seldom have a sensor: --energy.model estimates")
    }
    return CollectorFailure(gravest.isPermission ? .permission : .read, gravest.description, cure: Self.cure(gravest))
  }

  static func cure(_ problem: HostError) -> String {
    guard problem.isPermission else { return "see the kernel log; load intel_rapl_msr again" }
    if problem.isEvent {
      return "run as root, grant CAP_PERFMON (CAP_SYS_ADMIN where kernel.perf_event_paranoid is above 2), "
        + "or set kernel.perf_event_paranoid to 0"
    }
    return "run as root or grant CAP_DAC_READ_SEARCH: the file is its owner's alone"
  }
}

extension HostError {
  fileprivate var isEvent: Bool {
    guard case .system(let error) = self else { return false }
    return error.call == "perf_event_open"
  }
}
