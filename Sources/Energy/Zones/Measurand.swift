/// What several sources may measure: once it is attributed from one, it is not again from another.
struct Measurand: Sendable, Hashable {
  let package: Int?
  let domain: EnergyZone.Domain
  /// Of a GPU.
  let owner: String?

  init(_ zone: EnergyZone) {
    package = zone.package
    // the platform by RAPL or at its supply: either is all of it
    domain = zone.domain == .psys ? .machine : zone.domain
    owner = zone.owner
  }
}
