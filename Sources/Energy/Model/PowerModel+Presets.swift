/// Ready-made coefficients.
///
/// All are of one published set: Cloud Carbon Footprint's watts per hardware thread at rest and at full load, means over
/// the SPECpower_ssj2008 results of servers with a processor of the family
/// (github.com/cloud-carbon-footprint/cloud-carbon-coefficients, `output/coefficients-gcp-use.csv`; `-aws-use.csv` for
/// epyc-1 and coffeelake). They are estimates of whole servers, fans and power supply included, and know nothing of the
/// machine they run on: expect them to be wrong by tens of percent. No set of published coefficients has terms for system
/// calls, switches and packets; those are in the time the CPUs are busy, and 0 here.
extension PowerModel {
  package struct Preset: Sendable {
    package let name: String
    package let model: PowerModel
    /// The processors it is chosen for by `auto`.
    let covers: @Sendable (ProcessorIdentity) -> Bool
  }

  package static let presets = [
    preset("sandybridge", atRest: 2.17, busy: 8.55) { $0.isIntel([42, 45]) },
    preset("ivybridge", atRest: 3.04, busy: 8.20) { $0.isIntel([58, 62]) },
    preset("haswell", atRest: 1.90, busy: 5.97) { $0.isIntel([60, 63, 69, 70]) },
    preset("broadwell", atRest: 0.71, busy: 3.39) { $0.isIntel([61, 71, 79, 86]) },
    preset("skylake", atRest: 0.64, busy: 3.90) { $0.isIntel([78, 94]) || $0.isIntel([85]) && $0.stepping < 5 },
    // 85 is Cascade Lake from stepping 5 on, and Cooper Lake from 10 on.
    preset("cascadelake", atRest: 0.64, busy: 3.64) { $0.isIntel([85]) && (5..<10).contains($0.stepping) },
    preset("coffeelake", atRest: 1.67, busy: 7.76) { $0.isIntel([142, 158]) },
    preset("epyc-1", atRest: 0.66, busy: 2.24) { $0.isAMD(family: 23, model: 1) },
    preset("epyc-2", atRest: 0.47, busy: 1.58) { $0.isAMD(family: 23, model: 49) },
    preset("epyc-3", atRest: 0.45, busy: 1.87) { $0.isAMD(family: 25, model: 1) },
    // Nobody has published a SPECpower result; Cloud Carbon Footprint takes the second EPYC's, and so does this.
    preset("neoverse-n1", atRest: 0.47, busy: 1.58) { $0.vendor == "0x41" && $0.model == 0xd0c },
  ]

  /// The preset `auto` stands for on a machine with `processor`, nil where none covers it.
  package static func preset(for processor: ProcessorIdentity) -> Preset? { presets.first { $0.covers(processor) } }

  private static func preset(
    _ name: String, atRest: Double, busy: Double, covers: @escaping @Sendable (ProcessorIdentity) -> Bool
  ) -> Preset {
    var model = PowerModel()
    model.idleWattsPerCPU = atRest
    model.busyWattsPerCPU = busy - atRest
    return Preset(name: name, model: model, covers: covers)
  }
}

extension ProcessorIdentity {
  fileprivate func isIntel(_ models: Set<Int>) -> Bool {
    vendor == "GenuineIntel" && family == 6 && models.contains(model)
  }

  fileprivate func isAMD(family: Int, model: Int) -> Bool {
    vendor == "AuthenticAMD" && self.family == family && self.model == model
  }
}
