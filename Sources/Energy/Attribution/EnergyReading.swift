/// What was read of one zone.
package struct EnergyReading: Sendable {
  package let labels: EnergyLabels
  package let zone: EnergyZone
  /// Nil while the zone is gone, or not believed.
  package let role: EnergyRole?
  /// Whether its counter can be read and does not move: nobody knows yet, or no longer, whether it measures anything.
  package var isSilent: Bool
  /// What its counter has added up to, in microjoules.
  package let total: UInt64
  /// The window that ended with this reading; nil where none did: it stays open.
  package let window: EnergyWindow?
  /// Who used it, where the sensor tells, as GPUs do; nil: what tasks did tells.
  package var uses: [DeviceUse]?
  /// The file of the counter, or what stands for one; nil while there is nothing to show: the zone is gone, at rest, or not
  /// believed.
  package var path: String?
  /// When its counter began to add up, on CLOCK_MONOTONIC in nanoseconds; nil: with the collectors.
  package let startedAt: UInt64?

  package init(
    labels: EnergyLabels, zone: EnergyZone, role: EnergyRole?, isSilent: Bool = false, total: UInt64,
    window: EnergyWindow?, uses: [DeviceUse]? = nil, path: String? = nil, startedAt: UInt64? = nil
  ) {
    self.labels = labels
    self.zone = zone
    self.role = role
    self.isSilent = isSilent
    self.total = total
    self.window = window
    self.uses = uses
    self.path = path
    self.startedAt = startedAt
  }
}

/// How much a process used a device in a window, compared with the others.
package struct DeviceUse: Sendable, Hashable {
  package let pid: UInt32
  package let weight: UInt64

  package init(pid: UInt32, weight: UInt64) {
    self.pid = pid
    self.weight = weight
  }
}
