internal import ByteText
internal import Energy
internal import Exposition
internal import Host

/// Scaphandre's families of power and energy, as its `src/exporters/mod.rs` has them.
///
/// What it calls a counter of microjoules does not end in `_total`, which OpenMetrics demands of counters: their type is
/// unknown here, so that the name is the one that its dashboards ask for. `rate()` does not look at types.
final class ScaphandreFamilies: CompatibleFamilies {
  private static let process = Family(
    unprefixed: "scaph_process_power_consumption_microwatts", .gauge,
    labels: [
      "pid", "exe", "cmdline", "container_id", "container_runtime", "container_scheduler", "cgroup", "source",
    ],
    help: "As Scaphandre: mean power of the process over the last window. exe and cmdline are its name alone.")
  private static let host = energy(
    "host", ["value_source", "source"], "what is attributed of packages and memory, or psys")
  private static let hostPower = power(
    "host", ["value_source", "source"], "packages and memory, or psys where there is one")
  private static let socket = energy("socket", ["socket_id", "source"], "a package")
  private static let socketPower = power("socket", ["socket_id", "source"], "a package")
  private static let domain = energy(
    "domain", ["domain_name", "domain_id", "socket_id", "source"], "a zone in a package")
  private static let domainPower = power(
    "domain", ["domain_name", "domain_id", "socket_id", "source"], "a zone in a package")

  static let families = [host, hostPower, socket, socketPower, domain, domainPower, process]

  private static func energy(_ level: String, _ labels: [String], _ what: String) -> Family {
    Family(
      unprefixed: "scaph_\(level)_energy_microjoules", .unknown, labels: labels,
      help: "As Scaphandre: energy since this program started, of \(what).")
  }

  private static func power(_ level: String, _ labels: [String], _ what: String) -> Family {
    Family(
      unprefixed: "scaph_\(level)_power_microwatts", .gauge, labels: labels,
      help: "As Scaphandre: mean power over the last window, of \(what).")
  }

  /// A zone that is a socket or lies in one.
  private struct Zone {
    let socket: String
    /// Nil for the socket itself.
    let domain: (name: String, id: String?)?
    let reading: EnergyReading
  }

  private var cache = LabelCache<ProcessKey, PreparedLabels>()

  func write(_ figures: EnergyFigures, to writer: inout SampleWriter) {
    writeHost(figures, to: &writer)
    let zones = Self.zones(figures)
    write(Self.socket, Self.socketPower, zones.filter { $0.domain == nil }, to: &writer)
    write(Self.domain, Self.domainPower, zones.filter { $0.domain != nil }, to: &writer)
    writeProcesses(figures, to: &writer)
  }

  /// psys where there is one, since that is more of the host.
  private func writeHost(_ figures: EnergyFigures, to writer: inout SampleWriter) {
    let psys = figures.distinct.filter { $0.zone.domain == .psys && $0.path != nil }
    let packages = figures.readings.filter { $0.role == .primary && $0.zone.domain != .gpu }
    let hasPackages = figures.ledger.map { $0.measures(.package) || $0.measures(.dram) || $0.measuresPlatform } ?? false
    let packageEnergy = hasPackages ? figures.ledger?.energyWithoutGPUs : nil
    let energy = psys.isEmpty ? packageEnergy : psys.reduce(0) { $0 + $1.total }
    let source: String? =
      if !psys.isEmpty { "powercap_rapl_psys" } else if figures.basis == .model { nil } else { "powercap_rapl_pkg" }
    func label(_ writer: inout SampleWriter) {
      if let source { writer.label("value_source", source) }
      writer.labelSource(psys.isEmpty ? figures.basis : .measured)
    }
    writer.begin(Self.host)
    if let energy {
      label(&writer)
      writer.unsigned(energy)
    }
    writer.begin(Self.hostPower)
    let windows = (psys.isEmpty ? packages : psys).map(\.window)
    if !windows.isEmpty && !windows.contains(nil) {
      label(&writer)
      writer.unsigned(windows.reduce(0) { $0 + ($1?.microwatts ?? 0) })
    }
  }

  private func write(_ energy: Family, _ power: Family, _ zones: [Zone], to writer: inout SampleWriter) {
    writer.begin(energy)
    for zone in zones where zone.reading.path != nil {
      Self.label(zone, &writer)
      writer.unsigned(zone.reading.total)
    }
    writer.begin(power)
    for zone in zones {
      guard let window = zone.reading.window else { continue }
      Self.label(zone, &writer)
      writer.unsigned(window.microwatts)
    }
  }

  private static func label(_ zone: Zone, _ writer: inout SampleWriter) {
    if let domain = zone.domain {
      writer.label("domain_name", domain.name)
      if let id = domain.id { writer.label("domain_id", id) }
    }
    writer.label("socket_id", zone.socket)
    writer.labelSource(zone.reading.zone.source == .model ? .model : .measured)
  }

  /// Powercap's zones, numbered as their folders `intel-rapl:<socket>:<domain>`; where it has none, those that count.
  private static func zones(_ figures: EnergyFigures) -> [Zone] {
    let powercap = figures.readings.filter { $0.zone.source == .rapl && !$0.zone.isMemoryMapped }
    if powercap.isEmpty { return figures.distinct.compactMap(zone) }
    return powercap.compactMap { reading in
      guard let domain = reading.zone.domain.raplName, reading.zone.domain != .psys else { return nil }
      let numbers = reading.folder?.split(at: "/").last?.split(at: ":").dropFirst() ?? []
      guard let socket = numbers.first else { return nil }
      if reading.zone.domain == .package { return Zone(socket: String(socket), domain: nil, reading: reading) }
      return Zone(
        socket: String(socket), domain: (domain, numbers.dropFirst().first.map(String.init)), reading: reading)
    }
  }

  /// Of another source, its labels tell it from others: `0`, or `0-die-1` where that is how it is known.
  private static func zone(_ reading: EnergyReading) -> Zone? {
    switch reading.zone.domain {
    case .package:
      let name = reading.labels.zone
      let prefix = "package-"
      return Zone(
        socket: name.begins(with: prefix) ? String(name.dropFirst(prefix.count)) : name, domain: nil, reading: reading)
    case .core, .uncore, .dram:
      return Zone(socket: reading.labels.package, domain: (reading.labels.zone, nil), reading: reading)
    case .psys, .gpu, .machine, .other: return nil
    }
  }

  private func writeProcesses(_ figures: EnergyFigures, to writer: inout SampleWriter) {
    guard let ledger = figures.ledger, let table = figures.processes else { return }
    writer.begin(Self.process)
    guard ledger.hasWindow else { return }
    let labels = cache.labels(table.series.map(ProcessKey.init)) { Self.labels(table.series[$0]) }
    for index in table.series.indices where table.series[index].leaf >= 0 {
      writer.labels(labels[index])
      writer.labelSource(figures.basis)
      writer.unsigned(table.series[index].share.microwatts)
    }
    writer.label("pid", "other")
    writer.label("exe", "other")
    writer.label("cmdline", "other")
    writer.labelSource(figures.basis)
    writer.unsigned(table.otherShare.microwatts)
  }

  private static func labels(_ one: borrowing ProcessSeries) -> PreparedLabels {
    let (tgid, comm, cgroup) = (one.tgid, one.comm, one.cgroup)
    let identity = ContainerIdentity(controlGroup: cgroup)
    return PreparedLabels(process) { writer in
      writer.label("pid", tgid)
      // /proc/<pid>/exe is for those who may trace the process, and command lines have secrets in them
      writer.label("exe", text: comm)
      writer.label("cmdline", text: comm)
      if let container = identity?.containerID { writer.label("container_id", container) }
      if identity?.runtime == .containerd { writer.label("container_runtime", "containerd") }
      if identity?.podUID != nil {
        writer.label("container_scheduler", "kubernetes")
      } else if identity?.runtime == .docker {
        writer.label("container_scheduler", "docker")
      }
      writer.label("cgroup", cgroup)
    }
  }
}

extension EnergyLedger.Share {
  /// In whole microwatts, rounded down; Scaphandre knows no GPUs.
  fileprivate var microwatts: UInt64 {
    UInt64(exactly: ((watts.package + watts.dram) * 1e6).rounded(.down)) ?? 0
  }
}
