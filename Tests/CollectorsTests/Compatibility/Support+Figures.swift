import BPFPrograms
import Energy
import Exposition

@testable import Collectors

/// A machine with a package, its memory and its cores by powercap, and processes in and outside of containers.
struct FiguresScene {
  static let container = String(repeating: "0123456789abcdef", count: 4)
  static let pod = "01234567-89ab-cdef-0123-456789abcdef"
  static let docker = "/system.slice/docker-\(container).scope"
  static let kubernetes =
    "/kubepods.slice/kubepods-pod\(pod.replacing("-", with: "_")).slice/cri-containerd-\(container).scope"

  var kernel = ModelKernel(seed: 1)
  var tables: TaskTables
  /// In microjoules: package, core, dram.
  var totals: [UInt64] = [1_000_000, 1_000_000, 1_000_000]
  var source = EnergyZone.Source.rapl
  var basis: EnergyBasis { source == .model ? .model : .measured }

  /// - Parameters:
  ///   - idleMicrowatts: of the package.
  ///   - comm: the name of the process outside of containers, which is number 7; 8 is Docker's, 9 a pod's.
  init(idleMicrowatts: UInt64 = 0, comm: String = "one", source: EnergyZone.Source = .rapl, limit: Int = 10) {
    self.source = source
    kernel.paths = [1: "/user.slice", 2: Self.docker, 3: Self.kubernetes]
    var options = ProcessOptions()
    options.limit = limit
    tables = TaskTables(processes: ProcessTable(options: options))
    tables.groups = CgroupTable(options: CgroupOptions())
    kernel.start(2, comm: "kthreadd", isKernel: true)
    kernel.start(7, comm: comm)
    kernel.start(8, comm: "two", cgroup: 2)
    kernel.start(9, comm: "three", cgroup: 3)
    kernel.pass(&tables)
    let start = readings(windows: false)
    tables.beginAttribution(EnergyLedger(start, basis: basis, cpus: 2, idleMicrowatts: idleMicrowatts))
    // two passes that admit all
    for _ in 0..<2 {
      for index in 0..<4 { kernel.run(index, 50_000_000) }
      window(0, 0, 0)
    }
  }

  /// A window of a second in which the zones use so many microjoules; a zone of `nil` cannot be read.
  mutating func window(_ package: UInt64?, _ core: UInt64?, _ dram: UInt64?) {
    kernel.advance(1_000_000_000)
    let grown = [package, core, dram]
    for index in totals.indices { totals[index] += grown[index] ?? 0 }
    last = grown
    let now = readings(windows: true)
    tables.energy?.measure(now, at: kernel.clock)
    kernel.pass(&tables)
    tables.attributeEnergy()
  }

  private var last: [UInt64?] = []

  private func readings(windows: Bool) -> [EnergyReading] {
    let names = [("package-0", ""), ("core", ":0"), ("dram", ":1")]
    let zones = names.map { EnergyZone(source: source, name: $0.0, parentName: "package-0") }
    return zip(zones, EnergyLabels.assign(to: zones)).enumerated().map { index, zone in
      EnergyReading(
        labels: zone.1, zone: zone.0, role: zone.0.domain == .core ? .part : .primary, total: totals[index],
        window: windows ? last[index].map { EnergyWindow(microjoules: $0, nanoseconds: 1_000_000_000) } : nil,
        path: source == .rapl ? "/sys/class/powercap/intel-rapl:0\(names[index].1)/energy_uj" : "model \(index)")
    }
  }

  var figures: EnergyFigures {
    EnergyFigures(readings: readings(windows: true), tables: tables, basis: basis)
  }
}

extension EnergyReading {
  /// A zone of powercap that used `microjoules` in a last window of a second; nil: of which no window ended.
  init(
    _ identifier: String, _ name: String, parent: String? = nil, role: EnergyRole? = .primary, total: UInt64,
    last microjoules: UInt64? = nil
  ) {
    let zone = EnergyZone(
      source: .rapl, name: name, parentName: parent, isMemoryMapped: identifier.hasPrefix("intel-rapl-mmio"))
    self.init(
      labels: EnergyLabels.assign(to: [zone])[0], zone: zone, role: role, total: total,
      window: microjoules.map { EnergyWindow(microjoules: $0, nanoseconds: 1_000_000_000) },
      path: role == nil ? nil : "/sys/class/powercap/\(identifier)/energy_uj")
  }
}

extension CompatibleFamilies {
  /// The samples of a scrape, as Prometheus' text has them.
  func lines(_ figures: EnergyFigures) -> [String] {
    var writer = SampleWriter()
    write(figures, to: &writer)
    var text: [UInt8] = []
    [writer.finish()].encode(as: .prometheus) { text += $0 }
    return String(decoding: text, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
  }
}

extension [String] {
  /// The samples of a family.
  func of(_ name: String) -> [String] { filter { $0.hasPrefix(name + "{") }.map { String($0.dropFirst(name.count)) } }
}
