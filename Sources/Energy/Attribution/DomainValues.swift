/// A figure for each domain whose energy is attributed: its zones count once each, in nothing else.
package struct DomainValues<Value: AdditiveArithmetic & Hashable & Sendable>: Sendable, Hashable {
  package var package = Value.zero
  package var dram = Value.zero
  package var gpu = Value.zero

  package init() {}

  package var total: Value { package + dram + gpu }

  /// Adds to the domain's figure; what is none of the three counts as the package's.
  package mutating func add(_ value: Value, to domain: EnergyZone.Domain) {
    switch domain {
    case .dram: dram += value
    case .gpu: gpu += value
    default: package += value
    }
  }

  package static func - (left: DomainValues, right: DomainValues) -> DomainValues {
    var difference = left
    difference.package -= right.package
    difference.dram -= right.dram
    difference.gpu -= right.gpu
    return difference
  }

  package static func += (left: inout DomainValues, right: DomainValues) {
    left.package += right.package
    left.dram += right.dram
    left.gpu += right.gpu
  }
}
