extension EnergyLedger {
  /// What became of one zone's energy, in microjoules.
  package struct ZoneSums: Hashable {
    /// All that was attributed.
    package private(set) var energy: UInt64 = 0
    /// Of that, what went to nobody since the zone draws it without any work.
    package private(set) var idle: UInt64 = 0
    /// What closed last; nil where nothing was measured then.
    package private(set) var window: EnergyWindow?
    private var windowIdle: UInt64 = 0

    package var active: UInt64 { energy - idle }

    package var idleWindow: EnergyWindow? {
      window.map { EnergyWindow(microjoules: windowIdle, nanoseconds: $0.nanoseconds) }
    }

    package var activeWindow: EnergyWindow? {
      window.map { EnergyWindow(microjoules: $0.microjoules - windowIdle, nanoseconds: $0.nanoseconds) }
    }

    /// Takes what closed, if anything did.
    mutating func take(_ closed: EnergyAccount.Closed?) {
      window = closed?.window
      windowIdle = closed?.idle ?? 0
      energy += closed?.window.microjoules ?? 0
      idle += windowIdle
    }
  }
}
