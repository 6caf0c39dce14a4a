/// How far an energy counter counts before it starts again at 0.
package struct CounterRange: Sendable, Hashable {
  /// Microjoules of one full turn: the highest reading and one step of the register.
  package let modulus: UInt64

  package init(modulus: UInt64) { self.modulus = modulus }

  /// The range of a powercap zone, from its `max_energy_range_uj`; nil where that is 0 or beyond 64 bits, thus no range.
  ///
  /// The kernel shows `(2^32 - 1) * unit` there, so the turn is one unit longer: 262143328850 µJ is followed, 61 µJ later,
  /// by 0. The unit itself is not shown but follows from the maximum; see `registerStep`.
  package init?(maxEnergyRange: UInt64) {
    guard maxEnergyRange > 0 else { return nil }
    let (modulus, over) = maxEnergyRange.addingReportingOverflow(Self.registerStep(maxEnergyRange: maxEnergyRange))
    guard !over else { return nil }
    self.modulus = modulus
  }

  /// The step of the energy register in microjoules, rounded down but at least 1.
  ///
  /// drivers/powercap/intel_rapl_common.c: the unit is whole nanojoules (61035 for 2^-14 J, 15300 for server DRAM, 10^9 for
  /// the psys of some servers), and the maximum is `(2^32 - 1) * unit / 1000`, rounded down. Where no such unit yields the
  /// maximum, the register has another width, and the smallest step, 1 µJ, is taken: a turn then is a few µJ short, and
  /// never a joule too long.
  static func registerStep(maxEnergyRange: UInt64) -> UInt64 {
    let registerMaximum = UInt64(UInt32.max)
    let (nanojoules, over) = maxEnergyRange.multipliedReportingOverflow(by: 1000)
    guard !over else { return 1 }
    let unit = nanojoules / registerMaximum + (nanojoules % registerMaximum == 0 ? 0 : 1)
    guard unit <= 1_000_000_000, registerMaximum * unit / 1000 == maxEnergyRange else { return 1 }
    return max(1, unit / 1000)
  }

  /// The longest sampling period, in nanoseconds, that cannot miss a turn: half the time a turn takes at `watts`.
  package func longestPeriod(watts: UInt64) -> UInt64 {
    let nanoseconds = modulus.multipliedFullWidth(by: 500)
    guard watts > nanoseconds.high else { return .max }
    return watts.dividingFullWidth(nanoseconds).quotient
  }
}
