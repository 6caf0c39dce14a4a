internal import Energy
internal import Exposition
internal import Host

/// What processes, containers and pods used.
extension KeplerFamilies {
  /// A domain whose energy is divided among processes.
  private struct Part {
    /// The label `zone`; nil for GPUs, which have families of their own.
    let zone: String?
    let joules: (DomainValues<UInt64>) -> UInt64
    let watts: (DomainValues<Double>) -> Double
  }

  private static func cpuParts(_ ledger: EnergyLedger) -> [Part] {
    var parts: [Part] = []
    if ledger.measuresPlatform { parts.append(Part(zone: "psys", joules: \.package, watts: \.package)) }
    if ledger.measures(.package) { parts.append(Part(zone: "package", joules: \.package, watts: \.package)) }
    if ledger.measures(.dram) { parts.append(Part(zone: "dram", joules: \.dram, watts: \.dram)) }
    return parts
  }

  private static func gpuParts(_ ledger: EnergyLedger) -> [Part] {
    ledger.measures(.gpu) ? [Part(zone: nil, joules: \.gpu, watts: \.gpu)] : []
  }

  /// One series.
  private struct Consumer {
    let labels: PreparedLabels
    let energy: DomainValues<UInt64>
    let watts: DomainValues<Double>
  }

  private func write(
    _ pair: Pair, _ parts: [Part], _ consumers: [Consumer], hasWindow: Bool, to writer: inout SampleWriter
  ) {
    writer.begin(pair.joules)
    for part in parts {
      for one in consumers {
        writer.labels(one.labels)
        if let zone = part.zone { writer.label("zone", zone) }
        writer.micro(part.joules(one.energy))
      }
    }
    guard hasWindow else { return }
    writer.begin(pair.watts)
    for part in parts {
      for one in consumers {
        writer.labels(one.labels)
        if let zone = part.zone { writer.label("zone", zone) }
        writer.double(part.watts(one.watts))
      }
    }
  }

  private func write(
    _ cpu: Pair, _ gpu: Pair, _ consumers: [Consumer], _ ledger: EnergyLedger, to writer: inout SampleWriter
  ) {
    write(cpu, Self.cpuParts(ledger), consumers, hasWindow: ledger.hasWindow, to: &writer)
    write(gpu, Self.gpuParts(ledger), consumers, hasWindow: ledger.hasWindow, to: &writer)
  }

  // MARK: Processes

  func writeProcesses(_ figures: EnergyFigures, to writer: inout SampleWriter) {
    guard let table = figures.processes else { return }
    let labels = processCache.labels(table.series.map(ProcessKey.init)) { ProcessLabels(self, table.series[$0]) }
    let other = ProcessLabels(self, pid: nil, comm: Array("other".utf8), cgroup: nil)
    writer.begin(Self.processSeconds)
    for index in table.series.indices {
      writer.labels(labels[index].identity)
      writer.nanoseconds(table.series[index].cpu.user + table.series[index].cpu.system)
    }
    writer.labels(other.identity)
    writer.nanoseconds(table.otherCPU.user + table.otherCPU.system)

    guard let ledger = figures.ledger else { return }
    var consumers = table.series.indices.filter { table.series[$0].leaf >= 0 }.map { index in
      Consumer(
        labels: labels[index].running, energy: table.series[index].energy.used, watts: table.series[index].share.watts)
    }
    consumers.append(Consumer(labels: other.running, energy: table.otherEnergy, watts: table.otherShare.watts))
    write(Self.process, Self.processGPU, consumers, ledger, to: &writer)
  }

  /// The labels of a process, with `state` and without.
  struct ProcessLabels {
    let identity: PreparedLabels
    let running: PreparedLabels

    fileprivate init(_ families: KeplerFamilies, _ one: borrowing ProcessSeries) {
      self.init(families, pid: one.tgid, comm: one.comm, cgroup: one.cgroup, startedAt: one.startedAt)
    }

    fileprivate init(_ families: KeplerFamilies, pid: UInt32?, comm: [UInt8], cgroup: String?, startedAt: UInt64? = nil)
    {
      let container = cgroup.flatMap { ContainerIdentity(controlGroup: $0)?.containerID }
      func label(_ writer: inout SampleWriter) {
        families.labelAlways(&writer)
        if let pid { writer.label("pid", pid) } else { writer.label("pid", "other") }
        writer.label("comm", text: comm)
        // /proc/<pid>/exe is for those who may trace the process
        writer.label("exe", text: comm)
        writer.label("type", container == nil ? "regular" : "container")
        if let container { writer.label("container_id", container) }
        if let cgroup { writer.label("cgroup", cgroup) }
      }
      identity = PreparedLabels(KeplerFamilies.processSeconds, label).starting(at: startedAt)
      running = PreparedLabels(KeplerFamilies.processGPU.joules) { writer in
        label(&writer)
        writer.label("state", "running")
      }.starting(at: startedAt)
    }
  }

  // MARK: Containers and pods

  func writeGroups(_ figures: EnergyFigures, to writer: inout SampleWriter) {
    guard let table = figures.groups else { return }
    let identities = table.series.map { ContainerIdentity(controlGroup: $0.path) }
    let containers = table.series.indices.filter { identities[$0]?.containerID != nil }
    func starting(_ places: [Int], _ labels: [PreparedLabels]) -> [PreparedLabels] {
      zip(places, labels).map { place, labels in labels.starting(at: table.series[place].startedAt) }
    }
    let containerLabels = starting(
      containers,
      containerCache.labels(containers.map { table.series[$0].path }) { index in
        labels(container: identities[containers[index]]!, path: table.series[containers[index]].path)
      })
    writer.begin(Self.containerSeconds)
    for (index, place) in containers.enumerated() {
      writer.labels(containerLabels[index])
      writer.nanoseconds(table.series[place].used)
    }
    guard let ledger = figures.ledger else { return }
    func consumers(_ places: [Int], _ labels: [PreparedLabels]) -> [Consumer] {
      zip(places, labels).map { place, labels in
        Consumer(
          labels: labels, energy: table.series[place].energy.used,
          watts: figures.groupShares[table.series[place].group].watts)
      }
    }
    let pods = table.series.indices.filter { identities[$0]?.podUID != nil }
    let podLabels = starting(
      pods,
      podCache.labels(pods.map { table.series[$0].path }) { index in
        labels(pod: identities[pods[index]]!, path: table.series[pods[index]].path)
      })
    write(Self.container, Self.containerGPU, consumers(containers, containerLabels), ledger, to: &writer)
    write(Self.pod, Self.podGPU, consumers(pods, podLabels), ledger, to: &writer)
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
    PreparedLabels(Self.podGPU.joules) { writer in
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
