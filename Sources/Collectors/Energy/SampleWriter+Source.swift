internal import Energy
internal import Exposition

extension SampleWriter {
  /// The label of what is divided out of an estimate; what was measured has none.
  mutating func labelSource(isModelled: Bool) {
    if isModelled { label("source", EnergyZone.Source.model.rawValue) }
  }
}
