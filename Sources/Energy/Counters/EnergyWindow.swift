/// Energy measured between two readings of one counter.
package struct EnergyWindow: Sendable, Hashable {
  package let microjoules: UInt64
  /// Time between the readings; not 0.
  package let nanoseconds: UInt64

  package init(microjoules: UInt64, nanoseconds: UInt64) {
    self.microjoules = microjoules
    self.nanoseconds = nanoseconds
  }

  /// Mean power: microjoules per nanosecond are kilowatts.
  package var watts: Double { Double(microjoules) * 1000 / Double(nanoseconds) }
}
