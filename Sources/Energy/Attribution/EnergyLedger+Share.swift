extension EnergyLedger {
  /// What a leaf used in the windows that closed last.
  package struct Share: Sendable, Hashable {
    package var microjoules = DomainValues<UInt64>()
    package var watts = DomainValues<Double>()

    package init() {}

    package static func += (left: inout Share, right: Share) {
      left.microjoules += right.microjoules
      left.watts += right.watts
    }
  }
}
