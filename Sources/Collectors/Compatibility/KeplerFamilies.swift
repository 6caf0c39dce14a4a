internal import Energy
internal import Exposition
internal import Host

/// The families of energy and power of Kepler from 0.10 on, as its `docs/user/metrics.md` lists them.
///
/// Sums over `zone="package"` are those of the machine, as there, but each package has a sample of its own, by its `path`.
/// `state` is `running` as long as a series is shown: another value would be another series, of which `rate()` does not see
/// what the process used in its last window.
final class KeplerFamilies: CompatibleFamilies {
  private static let always = ["node_name", "source"]
  private static let zoneLabels = always + ["zone", "path"]
  private static let gpuLabels = always + ["gpu", "gpu_uuid", "vendor"]
  private static let processLabels = always + ["pid", "comm", "exe", "type", "container_id", "cgroup"]
  private static let containerLabels =
    always + ["container_id", "container_name", "runtime", "pod_id", "cgroup", "state"]
  private static let podLabels = always + ["pod_id", "cgroup", "state"]

  private static let nodeJoules = joules("node_cpu", zoneLabels, "the zone")
  private static let nodeWatts = watts("node_cpu", zoneLabels, "the zone")
  private static let activeJoules = joules("node_cpu_active", zoneLabels, "the zone, less what it draws idle")
  private static let activeWatts = watts("node_cpu_active", zoneLabels, "the zone, less what it draws idle")
  private static let idleJoules = joules("node_cpu_idle", zoneLabels, "the zone that it draws without any work")
  private static let idleWatts = watts("node_cpu_idle", zoneLabels, "the zone that it draws without any work")
  private static let gpuJoules = joules("node_gpu", gpuLabels, "the GPU")
  private static let gpuWatts = watts("node_gpu", gpuLabels, "the GPU")
  private static let processJoules = joules("process_cpu", processLabels + ["state", "zone"], "the process")
  private static let processWatts = watts("process_cpu", processLabels + ["state", "zone"], "the process")
  private static let processSeconds = seconds("process_cpu", processLabels, "the process")
  private static let containerJoules = joules("container_cpu", containerLabels + ["zone"], "the container")
  private static let containerWatts = watts("container_cpu", containerLabels + ["zone"], "the container")
  private static let containerSeconds = seconds("container_cpu", containerLabels, "the container")
  private static let podJoules = joules("pod_cpu", podLabels + ["zone"], "the pod")
  private static let podWatts = watts("pod_cpu", podLabels + ["zone"], "the pod")
  private static let processor = Family(
    unprefixed: "kepler_node_cpu", .info,
    labels: ["processor", "vendor_id", "model_name", "physical_id", "core_id"],
    help: "As Kepler: a processor of /proc/cpuinfo; dashboards take the list of nodes from it.")

  static let families = [
    nodeJoules, nodeWatts, activeJoules, activeWatts, idleJoules, idleWatts, processor, gpuJoules, gpuWatts,
    processJoules, processWatts, processSeconds, containerJoules, containerWatts, containerSeconds, podJoules, podWatts,
  ]

  private static func joules(_ name: String, _ labels: [String], _ what: String) -> Family {
    Family(
      unprefixed: "kepler_\(name)_joules", .counter, unit: "joules", labels: labels,
      help: "As Kepler: energy of \(what).")
  }

  private static func watts(_ name: String, _ labels: [String], _ what: String) -> Family {
    Family(
      unprefixed: "kepler_\(name)_watts", .gauge, unit: "watts", labels: labels,
      help: "As Kepler: mean power over the last window of \(what).")
  }

  private static func seconds(_ name: String, _ labels: [String], _ what: String) -> Family {
    Family(
      unprefixed: "kepler_\(name)_seconds", .counter, unit: "seconds", labels: labels,
      help: "As Kepler: user and system CPU time of \(what).")
  }


  private let processors: [Processor]
  private let host: String
  private var isModelled = false
  private var processCache = LabelCache<ProcessKey>()
  private var containerCache = LabelCache<String>()
  private var podCache = LabelCache<String>()

  /// - Parameter host: the value of `node_name`.
  init(processors: [Processor], host: String) {
    self.processors = processors
    self.host = host
  }

  func write(_ figures: EnergyFigures, to writer: inout SampleWriter) {
    isModelled = figures.isModelled
    let zones = figures.distinct.filter { $0.place != nil && $0.zone.domain.raplName != nil }
    writeNode(zones, figures.ledger, to: &writer)
    writeGPUs(figures.distinct.filter { $0.place != nil && $0.zone.domain == .gpu }, to: &writer)
    writeProcesses(figures, to: &writer)
    writeGroups(figures, to: &writer)
  }

  private func labelAlways(_ writer: inout SampleWriter) {
    writer.label("node_name", host)
    if isModelled { writer.label("source", "model") }
  }

  // MARK: Node

  private func writeNode(_ zones: [EnergyReading], _ ledger: EnergyLedger?, to writer: inout SampleWriter) {
    func write(_ family: Family, _ value: (EnergyReading, inout SampleWriter) -> Void) {
      writer.begin(family)
      for zone in zones { value(zone, &writer) }
    }
    write(Self.nodeJoules) { zone, writer in
      label(zone, &writer)
      writer.micro(zone.total)
    }
    write(Self.nodeWatts) { zone, writer in
      guard let window = zone.window else { return }
      label(zone, &writer)
      writer.double(window.watts)
    }
    write(Self.activeJoules) { zone, writer in
      guard let sums = ledger?.sums(of: zone.labels) else { return }
      label(zone, &writer)
      writer.micro(sums.energy - sums.idle)
    }
    write(Self.activeWatts) { zone, writer in
      guard let sums = ledger?.sums(of: zone.labels), let window = sums.window else { return }
      let active = EnergyWindow(
        microjoules: window.microjoules - sums.windowIdle, nanoseconds: window.nanoseconds)
      label(zone, &writer)
      writer.double(active.watts)
    }
    write(Self.idleJoules) { zone, writer in
      guard let sums = ledger?.sums(of: zone.labels) else { return }
      label(zone, &writer)
      writer.micro(sums.idle)
    }
    write(Self.idleWatts) { zone, writer in
      guard let sums = ledger?.sums(of: zone.labels), let window = sums.window else { return }
      label(zone, &writer)
      writer.double(EnergyWindow(microjoules: sums.windowIdle, nanoseconds: window.nanoseconds).watts)
    }
    writer.begin(Self.processor)
    for one in processors {
      writer.label("processor", one.number)
      writer.label("vendor_id", one.vendor)
      writer.label("model_name", one.model)
      writer.label("physical_id", one.package)
      writer.label("core_id", one.core)
      writer.unsigned(1)
    }
  }

  private func label(_ zone: EnergyReading, _ writer: inout SampleWriter) {
    labelAlways(&writer)
    writer.label("zone", zone.zone.domain.raplName ?? "")
    writer.label("path", zone.folder ?? "")
  }

  private func writeGPUs(_ zones: [EnergyReading], to writer: inout SampleWriter) {
    func label(_ zone: EnergyReading, _ writer: inout SampleWriter) {
      writer.label("node_name", host)
      writer.label("gpu", String(zone.labels.zone.drop { $0 != "-" }.dropFirst()))
      writer.label("gpu_uuid", zone.labels.package)
      writer.label("vendor", "nvidia")
    }
    writer.begin(Self.gpuJoules)
    for zone in zones {
      label(zone, &writer)
      writer.micro(zone.total)
    }
    writer.begin(Self.gpuWatts)
    for zone in zones {
      guard let window = zone.window else { continue }
      label(zone, &writer)
      writer.double(window.watts)
    }
  }

  // MARK: Processes

  private func writeProcesses(_ figures: EnergyFigures, to writer: inout SampleWriter) {
    guard let table = figures.processes else { return }
    let labels = processCache.labels(table.series.map(ProcessKey.init)) { self.labels(table.series[$0]) }
    let other = PreparedLabels(Self.processSeconds) { writer in
      labelAlways(&writer)
      writer.label("pid", "other")
      writer.label("comm", "other")
      writer.label("exe", "other")
      writer.label("type", "regular")
    }
    writer.begin(Self.processSeconds)
    for index in table.series.indices {
      writer.labels(labels[index])
      writer.nanoseconds(table.series[index].cpu.user + table.series[index].cpu.system)
    }
    writer.labels(other)
    writer.nanoseconds(table.otherCPU.user + table.otherCPU.system)

    guard let ledger = figures.ledger else { return }
    func write(
      _ family: Family, each: (borrowing ProcessSeries, inout SampleWriter) -> Void, other rest: (inout SampleWriter) -> Void
    ) {
      writer.begin(family)
      for index in table.series.indices where table.series[index].leaf >= 0 {
        writer.labels(labels[index])
        writer.label("state", "running")
        writer.label("zone", "package")
        each(table.series[index], &writer)
      }
      writer.labels(other)
      writer.label("state", "running")
      writer.label("zone", "package")
      rest(&writer)
    }
    write(Self.processJoules) { $1.micro($0.energy) } other: { $0.micro(table.otherEnergy) }
    guard ledger.hasWindow else { return }
    write(Self.processWatts) { $1.double($0.share.watts) } other: { $0.double(table.otherShare.watts) }
  }

  private func labels(_ one: borrowing ProcessSeries) -> PreparedLabels {
    let (tgid, comm, cgroup) = (one.tgid, one.comm, one.cgroup)
    let container = ContainerIdentity(controlGroup: cgroup)?.containerID
    return PreparedLabels(Self.processSeconds) { writer in
      labelAlways(&writer)
      writer.label("pid", tgid)
      writer.label("comm", text: comm)
      // /proc/<pid>/exe is for those who may trace the process
      writer.label("exe", text: comm)
      writer.label("type", container == nil ? "regular" : "container")
      if let container { writer.label("container_id", container) }
      writer.label("cgroup", cgroup)
    }
  }

  // MARK: Containers and pods

  private func writeGroups(_ figures: EnergyFigures, to writer: inout SampleWriter) {
    guard let table = figures.groups else { return }
    let identities = table.series.map { ContainerIdentity(controlGroup: $0.path) }
    let containers = table.series.indices.filter { identities[$0]?.containerID != nil }
    let containerLabels = containerCache.labels(containers.map { table.series[$0].path }) {
      labels(container: identities[containers[$0]]!, path: table.series[containers[$0]].path)
    }
    writer.begin(Self.containerSeconds)
    for (index, place) in containers.enumerated() {
      writer.labels(containerLabels[index])
      writer.nanoseconds(table.series[place].used)
    }
    guard let ledger = figures.ledger else { return }
    let pods = table.series.indices.filter { identities[$0]?.podUID != nil }
    let podLabels = podCache.labels(pods.map { table.series[$0].path }) {
      labels(pod: identities[pods[$0]]!, path: table.series[pods[$0]].path)
    }
    func write(_ family: Family, _ places: [Int], _ labels: [PreparedLabels], _ value: (Int, inout SampleWriter) -> Void) {
      writer.begin(family)
      for (index, place) in places.enumerated() {
        writer.labels(labels[index])
        writer.label("zone", "package")
        value(place, &writer)
      }
    }
    func watts(_ place: Int, _ writer: inout SampleWriter) {
      writer.double(figures.groupShares[table.series[place].group].watts)
    }
    write(Self.containerJoules, containers, containerLabels) { $1.micro(table.series[$0].energy) }
    if ledger.hasWindow { write(Self.containerWatts, containers, containerLabels, watts) }
    write(Self.podJoules, pods, podLabels) { $1.micro(table.series[$0].energy) }
    if ledger.hasWindow { write(Self.podWatts, pods, podLabels, watts) }
  }

  private func labels(container identity: ContainerIdentity, path: String) -> PreparedLabels {
    PreparedLabels(Self.containerSeconds) { writer in
      labelAlways(&writer)
      writer.label("container_id", identity.containerID ?? "")
      writer.label("container_name", Self.name(identity.containerID ?? ""))
      writer.label("runtime", Self.runtime(identity))
      if let pod = identity.podUID { writer.label("pod_id", pod) }
      writer.label("cgroup", path)
      writer.label("state", "running")
    }
  }

  private func labels(pod identity: ContainerIdentity, path: String) -> PreparedLabels {
    PreparedLabels(Self.podJoules) { writer in
      labelAlways(&writer)
      writer.label("pod_id", identity.podUID ?? "")
      writer.label("cgroup", path)
      writer.label("state", "running")
    }
  }

  /// The host name that runtimes give a container which has no other: the id's first twelve digits.
  private static func name(_ id: String) -> String { id.utf8.count == 64 ? String(id.prefix(12)) : id }

  private static func runtime(_ identity: ContainerIdentity) -> String {
    switch identity.runtime {
    case .docker: "docker"
    case .containerd: "containerd"
    case .crio: "crio"
    case .podman: "podman"
    case .lxc, .nspawn: identity.runtime?.rawValue ?? ""
    case nil: identity.podUID == nil ? "unknown" : "kubernetes"
    }
  }
}
