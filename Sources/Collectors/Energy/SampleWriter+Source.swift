internal import Energy
internal import Exposition

extension SampleWriter {
  /// The label of what is divided where that is not the measured energy of packages.
  mutating func labelSource(_ basis: EnergyBasis) {
    if let source = basis.label { label("source", source) }
  }
}
