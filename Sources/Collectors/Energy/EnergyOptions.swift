package import Energy

/// Energy sampling, as chosen on the command line.
package struct EnergyOptions: Sendable {
  /// Time between two readings of the sensors.
  package var intervalNanoseconds: UInt64 = 1_000_000_000
  /// What a package draws without any work; nil: to be learned.
  package var idleMicrowatts: UInt64?
  /// What a CPU's time counts for while another of the same core is busy too; 1: as much as any other.
  package var siblingWeight = 0.55
  /// Estimates where nothing measures; nil: nothing is estimated.
  package var model: PowerModel?
  /// NVML's name or path; nil: not asked for.
  package var nvmlLibrary: String? = "libnvidia-ml.so.1"
  /// How sensors are opened and read.
  package var calls = EnergySensorCalls()

  package init() {}
}
