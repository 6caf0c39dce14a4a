internal import Energy
internal import Exposition
internal import Host

/// The families of energy and power of Kepler from 0.10 on, as its `docs/user/metrics.md` lists them.
///
/// Sums over `zone="package"` are those of the machine, as there, but each package has a sample of its own, by its `path`.
/// `state` is `running` as long as a series is shown: another value would be another series, of which `rate()` does not see
/// what the process used in its last window.
final class KeplerFamilies: CompatibleFamilies {
  /// Energy and power of something.
  struct Pair {
    let joules: Family
    let watts: Family

    init(_ name: String, _ labels: [String], of what: String) {
      joules = Family(
        unprefixed: "kepler_\(name)_joules", .counter, unit: "joules", labels: labels,
        help: "As Kepler: energy of \(what).")
      watts = Family(
        unprefixed: "kepler_\(name)_watts", .gauge, unit: "watts", labels: labels,
        help: "As Kepler: mean power over the last window of \(what).")
    }

    var both: [Family] { [joules, watts] }
  }

  private static let always = ["node_name", "source"]
  private static let zoneLabels = always + ["zone", "path"]
  private static let gpuLabels = always + ["gpu", "gpu_uuid", "vendor"]
  private static let processLabels = always + ["pid", "comm", "exe", "type", "container_id", "cgroup"]
  private static let containerLabels =
    always + ["container_id", "container_name", "runtime", "pod_id", "cgroup", "state"]
  private static let podLabels = always + ["pod_id", "cgroup", "state"]

  static let node = Pair("node_cpu", zoneLabels, of: "the zone")
  static let active = Pair("node_cpu_active", zoneLabels, of: "the zone, less what it draws idle")
  static let idle = Pair("node_cpu_idle", zoneLabels, of: "the zone that it draws without any work")
  static let gpu = Pair("node_gpu", gpuLabels, of: "the GPU")
  static let gpuActive = Pair("node_gpu_active", gpuLabels, of: "the GPU, less what it draws idle")
  static let gpuIdle = Pair("node_gpu_idle", gpuLabels, of: "the GPU that it draws without any work")
  static let process = Pair("process_cpu", processLabels + ["state", "zone"], of: "the process")
  static let processGPU = Pair("process_gpu", processLabels + ["state"], of: "GPUs that went to the process")
  static let container = Pair("container_cpu", containerLabels + ["zone"], of: "the container")
  static let containerGPU = Pair("container_gpu", containerLabels, of: "GPUs that went to the container")
  static let pod = Pair("pod_cpu", podLabels + ["zone"], of: "the pod")
  static let podGPU = Pair("pod_gpu", podLabels, of: "GPUs that went to the pod")
  static let processSeconds = seconds("process", processLabels)
  static let containerSeconds = seconds("container", containerLabels)
  static let processor = Family(
    unprefixed: "kepler_node_cpu", .info, labels: ["processor", "vendor_id", "model_name", "physical_id", "core_id"],
    help: "As Kepler: a processor of /proc/cpuinfo; dashboards take the list of nodes from it.")

  static let families =
    node.both + active.both + idle.both + [processor] + gpu.both + gpuActive.both + gpuIdle.both + process.both
    + processGPU.both + [processSeconds] + container.both + containerGPU.both + [containerSeconds] + pod.both
    + podGPU.both

  private static func seconds(_ level: String, _ labels: [String]) -> Family {
    Family(
      unprefixed: "kepler_\(level)_cpu_seconds", .counter, unit: "seconds", labels: labels,
      help: "As Kepler: user and system CPU time of the \(level).")
  }

  private let processors: [Processor]
  let host: String
  private var basis = EnergyBasis.measured
  var processCache = LabelCache<ProcessKey, ProcessLabels>()
  var containerCache = LabelCache<String, PreparedLabels>()
  var podCache = LabelCache<String, PreparedLabels>()

  /// - Parameter host: the value of `node_name`.
  init(processors: [Processor], host: String) {
    self.processors = processors
    self.host = host
  }

  func write(_ figures: EnergyFigures, to writer: inout SampleWriter) {
    basis = figures.basis
    writeZones(figures, to: &writer)
    writeProcessors(to: &writer)
    writeProcesses(figures, to: &writer)
    writeGroups(figures, to: &writer)
  }

  /// The first labels of whatever used energy.
  func labelAlways(_ writer: inout SampleWriter) {
    writer.label("node_name", host)
    writer.labelSource(basis)
  }

  private func writeProcessors(to writer: inout SampleWriter) {
    writer.begin(Self.processor)
    for one in processors {
      writer.label("processor", one.number)
      writer.label("vendor_id", one.vendorID)
      writer.label("model_name", one.modelName)
      writer.label("physical_id", one.physicalID)
      writer.label("core_id", one.coreID)
      writer.unsigned(1)
    }
  }
}
