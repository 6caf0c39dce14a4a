/// What the energy is that is divided among processes: settled at the start, and for good, since the sum of two of them would
/// be neither.
package enum EnergyBasis: String, Sendable, Hashable {
  /// That of packages, their memory and GPUs.
  case measured
  /// An estimate of it.
  case model
  /// That of the whole machine, where no sensor tells more.
  case platform

  /// The label `source` of what is divided; nil: what is measured has none.
  package var label: String? { self == .measured ? nil : rawValue }
}
