extension EnergyLedger {
  /// Keeps the energy of a leaf by zone from here on.
  package mutating func follow(_ leaf: Int) { followed[leaf] = [:] }

  /// A window has ended, and what followed leaves did in it is still to come: what others do from here on is left out.
  package mutating func freeze() { isFrozen = true }
}
