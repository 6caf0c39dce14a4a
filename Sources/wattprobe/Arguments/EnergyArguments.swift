import ArgumentParser
import Collectors
import Energy
import Host

/// How energy is measured and estimated.
struct EnergyArguments: CollectorArguments {
  @Option(
    name: .customLong("energy.interval"), parsing: .unconditional,
    help: ArgumentHelp(
      "Time between two readings of the energy sensors, from 100ms to 60s; they are read more often where a counter could wrap. (default: 1s)",
      valueName: "time"),
    transform: DurationArgument.parse)
  var interval = DurationArgument(nanoseconds: EnergyOptions().intervalNanoseconds)

  @Option(
    name: .customLong("energy.idle-watts"),
    help: ArgumentHelp(
      "Power that each package and its memory draw when idle, if it is not to be learned.", valueName: "watts"),
    transform: PowerArgument.parse)
  var idlePower: PowerArgument?

  @Option(
    name: .customLong("energy.smt-weight"), parsing: .unconditional,
    help: ArgumentHelp(
      "What a second of CPU time counts while another thread of the same core is busy, from 0.1 to 1 (as much as alone).",
      valueName: "part"))
  var siblingWeight = EnergyOptions().siblingWeight

  @Option(
    name: .customLong("energy.model"),
    help: ArgumentHelp(
      "Estimate the energy where there is no sensor: by a preset, by that of the processor (auto), or by a file of coefficients.",
      valueName: "preset|path"))
  var model: String?

  @Option(
    name: .customLong("energy.nvml-library"),
    help: ArgumentHelp("Name or path of NVIDIA's management library, NVML.", valueName: "file"))
  var nvmlLibrary = "libnvidia-ml.so.1"

  func validate() throws {
    try Bounds.check("energy.interval", interval, in: .milliseconds(100)...(.seconds(60)), is: "time")
    try Bounds.check("energy.smt-weight", siblingWeight, in: 0.1...1)
    guard !nvmlLibrary.isEmpty else {
      throw ValidationError("--energy.nvml-library: give the name or path of a library")
    }
  }

  func apply(to options: inout CollectorOptions) throws {
    options.energy.intervalNanoseconds = interval.nanoseconds
    options.energy.idleMicrowatts = idlePower?.microwatts
    options.energy.siblingWeight = siblingWeight
    options.energy.nvmlLibrary = nvmlLibrary
    options.energy.model = try model.map { [paths = options.paths] in try Self.model($0, paths) }
  }

  private static var presets: String { PowerModel.presets.map(\.name).joined(separator: ", ") }

  /// The model that `text` stands for: a path has a slash in it.
  private static func model(_ text: String, _ paths: HostPaths) throws -> PowerModel {
    if text.contains("/") { return try file(text) }
    if text == "auto" { return try automatic(paths) }
    guard let preset = PowerModel.presets.first(where: { $0.name == text }) else {
      throw StartError(
        "--energy.model: there is no preset \"\(text)\"",
        cure: "give auto, the path of a file such as ./\(text), or one of \(presets)")
    }
    return preset.model
  }

  private static func file(_ path: String) throws -> PowerModel {
    let text: String
    do throws(SystemError) {
      text = try SmallFile.text(path, most: 65_536)
    } catch {
      throw StartError("--energy.model: \(error)", cure: "give a file of coefficients, or one of \(presets)")
    }
    do throws(PowerModelError) {
      return try PowerModel(parsing: text, path: path)
    } catch {
      throw StartError("--energy.model: \(error)", cure: "see examples/energy/model.conf")
    }
  }

  private static func automatic(_ paths: HostPaths) throws -> PowerModel {
    let first: Processor?
    do throws(SystemError) {
      first = try Processor.list(paths: paths).first
    } catch {
      throw StartError("--energy.model auto: \(error)", cure: "give one of \(presets)")
    }
    guard let first, let vendor = first.vendor, let model = first.model else {
      throw StartError(
        "--energy.model auto: \(paths.proc("cpuinfo")) names no vendor and model", cure: "give one of \(presets)")
    }
    let identity = ProcessorIdentity(vendor: vendor, family: first.family, model: model, stepping: first.stepping)
    guard let preset = PowerModel.preset(for: identity) else {
      throw StartError(
        "--energy.model auto: there is no preset for this processor (\(identity))",
        cure: "write a file of coefficients, or give the most similar of \(presets)")
    }
    return preset.model
  }
}
