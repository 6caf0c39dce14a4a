import Fixtures
import Collecting
import Energy
import Exposition
import Foundation
import Glibc
import Host
import Synchronization

@testable import Collectors

extension UInt64 {
  /// In nanoseconds.
  static let second: UInt64 = 1_000_000_000
}

/// A sysfs with RAPL zones and a power PMU, and system calls that fail on demand.
final class EnergyFixture {
  /// The errno that opening or reading a file gets, by its path.
  private final class Faults: Sendable {
    let open = Mutex<[String: CInt]>([:])
    let opens = Mutex<[String: Int]>([:])
    let read = Mutex<[String: CInt]>([:])
    /// By CPU and config.
    let event = Mutex<[String: CInt]>([:])
  }

  private let tree: TemporaryTree
  private let faults = Faults()

  /// For what hangs, in milliseconds.
  private let patience: CInt

  init(patience: CInt = 10_000) throws {
    self.patience = patience
    tree = try TemporaryTree()
  }

  var root: String { tree.root }
  var paths: HostPaths { tree.paths }

  func path(_ relative: String) -> String { tree.path(relative) }
  func zonePath(_ identifier: String) -> String { path("class/powercap/\(identifier)/energy_uj") }
  func write(_ relative: String, _ text: String) throws { try tree.write(relative, text) }
  func remove(_ relative: String) throws { try tree.remove(relative) }

  func zone(_ identifier: String, _ name: String, _ energy: UInt64, range: UInt64? = 262_143_328_850) throws {
    try write("class/powercap/\(identifier)/name", name + "\n")
    if let range { try write("class/powercap/\(identifier)/max_energy_range_uj", "\(range)\n") }
    try set(identifier, energy)
  }

  func set(_ identifier: String, _ energy: UInt64) throws {
    try write("class/powercap/\(identifier)/energy_uj", "\(energy)\n")
  }

  /// CPUs that are online.
  ///
  /// - Parameters:
  ///   - packages: by CPU.
  ///   - siblings: the list of the CPUs of its core, by CPU; a core of its own where it is not said.
  func topology(packages: [Int: Int], siblings: [Int: String] = [:]) throws {
    let cpus = packages.keys.sorted()
    try write("devices/system/cpu/online", cpus.map(String.init).joined(separator: ",") + "\n")
    try write("devices/system/cpu/possible", "0-\(cpus.last!)\n")
    for (cpu, package) in packages {
      let topology = "devices/system/cpu/cpu\(cpu)/topology/"
      try write(topology + "physical_package_id", "\(package)\n")
      try write(topology + "thread_siblings_list", (siblings[cpu] ?? "\(cpu)") + "\n")
    }
  }

  func failOpen(_ path: String, _ code: CInt?) { faults.open.withLock { $0[path] = code } }
  /// How often the file was to be opened.
  func opens(_ path: String) -> Int { faults.opens.withLock { $0[path] ?? 0 } }
  func failRead(_ path: String, _ code: CInt?) { faults.read.withLock { $0[path] = code } }
  func failEvents(_ code: CInt?) { faults.event.withLock { $0["all"] = code } }

  /// A power PMU; the counts of an event are the successive 8 bytes of `events/<cpu>-<config>`.
  func pmu(cpus: [(number: Int, package: Int, die: Int)], events: [(name: String, config: UInt64)]) throws {
    let base = "bus/event_source/devices/power/"
    try write(base + "type", "20\n")
    try write(base + "cpumask", cpus.map { String($0.number) }.joined(separator: ",") + "\n")
    for event in events {
      try write(base + "events/" + event.name, "event=0x\(String(event.config, radix: 16))\n")
      try write(base + "events/\(event.name).scale", "2.3283064365386962890625e-10\n")
      try write(base + "events/\(event.name).unit", "Joules\n")
    }
    for cpu in cpus {
      let topology = "devices/system/cpu/cpu\(cpu.number)/topology/"
      try write(topology + "physical_package_id", "\(cpu.package)\n")
      try write(topology + "die_id", "\(cpu.die)\n")
    }
  }

  /// What an event will read, in whole joules, one by one.
  func counts(cpu: Int, config: UInt64, joules: [UInt64]) throws {
    var bytes = Data()
    for joule in joules { withUnsafeBytes(of: joule << 32) { bytes.append(contentsOf: $0) } }
    try FileManager.default.createDirectory(atPath: path("counts"), withIntermediateDirectories: true)
    try bytes.write(to: URL(fileURLWithPath: path("counts/\(cpu)-\(config)")))
  }

  private var calls: EnergySensorCalls {
    let faults = faults
    let root = root
    let system = FileCalls()
    var calls = EnergySensorCalls(reader: BoundedReader(patience: patience, besideLate: 10_000))
    calls.files = FileCalls(
      open: { path in
        faults.opens.withLock { $0[path, default: 0] += 1 }
        if let code = faults.open.withLock({ $0[path] }) { return -code }
        return system.open(path)
      },
      read: { descriptor, path, buffer in
        if let code = faults.read.withLock({ $0[path] }) { return -Int(code) }
        return system.read(descriptor, path, buffer)
      })
    calls.openEvent = { _, config, cpu in
      if let code = faults.event.withLock({ $0["all"] }) { return -code }
      let descriptor = open("\(root)/counts/\(cpu)-\(config)", O_RDONLY | O_CLOEXEC)
      return descriptor < 0 ? -errno : descriptor
    }
    return calls
  }

  /// A chip of hwmon with these files, beside its name.
  func chip(_ number: Int, _ name: String, _ files: [String: String]) throws {
    try write("class/hwmon/hwmon\(number)/name", name + "\n")
    for (file, text) in files { try write("class/hwmon/hwmon\(number)/\(file)", text + "\n") }
  }

  /// A battery with these files, beside its type.
  func battery(_ name: String, _ files: [String: String]) throws {
    try write("class/power_supply/\(name)/type", "Battery\n")
    for (file, text) in files { try write("class/power_supply/\(name)/\(file)", text + "\n") }
  }

  /// No GPUs but those of a library that is named.
  func makeCollector(
    at now: UInt64 = 0, model: PowerModel? = nil, activity: (any ActivitySource)? = nil, nvml: String? = nil,
    interval: UInt64 = .second
  ) throws(CollectorFailure) -> EnergyCollector {
    var options = EnergyOptions()
    options.model = model
    options.nvmlLibrary = nvml
    options.intervalNanoseconds = interval
    return try EnergyCollector(paths: paths, now: now, options: options, activity: activity, calls: calls)
  }

  /// The same, of which every counter in a file has moved already by the one step that it is set to now.
  func makeProvedCollector(
    at now: UInt64 = 0, model: PowerModel? = nil, activity: (any ActivitySource)? = nil, nvml: String? = nil
  ) throws -> EnergyCollector {
    let files = try FileManager.default.subpathsOfDirectory(atPath: path("class")).filter {
      $0.wholeMatch(of: /powercap\/.*\/energy_uj|hwmon\/.*\/energy\d+_input/) != nil
    }.map { "class/" + $0 }
    var counters: [String: UInt64] = [:]
    for file in files { counters[file] = Self.number(path(file)) }
    for (file, counter) in counters {
      let range = Self.number(path(file.replacingOccurrences(of: "energy_uj", with: "max_energy_range_uj")))
      try write(file, "\(counter > 0 ? counter - 1 : range ?? 0)\n")
    }
    let collector = try makeCollector(at: now, model: model, activity: activity, nvml: nvml)
    for (file, counter) in counters { try write(file, "\(counter)\n") }
    collector.prove(at: now)
    collector.settle()
    return collector
  }

  private static func number(_ path: String) -> UInt64? {
    (try? String(contentsOfFile: path, encoding: .utf8)).flatMap {
      UInt64($0.trimmingCharacters(in: .whitespacesAndNewlines))
    }
  }

  /// Why no collector could be made.
  func failure() -> CollectorFailure? {
    do throws(CollectorFailure) {
      _ = try makeCollector()
      return nil
    } catch {
      return error
    }
  }
}

extension EnergyCollector {
  /// How each zone adds up, as `source package/zone`.
  var roleNames: [String: String] {
    Dictionary(uniqueKeysWithValues: roles.map { ($0.key.description, $0.value.rawValue) })
  }

  /// Every sample as `family source/package/zone`, without the prefix.
  func series() throws -> [String: Snapshot.Value] {
    var writer = SampleWriter()
    try collect(into: &writer)
    let snapshot = writer.finish()
    var series: [String: Snapshot.Value] = [:]
    for sample in snapshot.samples {
      let family = snapshot.families[sample.family].name.replacingOccurrences(of: "wattprobe_", with: "")
      let labels = String(decoding: snapshot.labels[sample.labels], as: UTF8.self)
      let values = labels.split(separator: ",").map { $0.split(separator: "\"")[1] }
      let key = values.isEmpty ? family : family + " " + values.joined(separator: "/")
      precondition(series.updateValue(sample.value, forKey: key) == nil, "\(key) twice")
    }
    return series
  }
}

extension [String: Snapshot.Value] {
  func keys(of family: String) -> [String] {
    keys.filter { $0.hasPrefix(family + " ") }.map { String($0.dropFirst(family.count + 1)) }.sorted()
  }

  func joules(_ zone: String) -> Double? {
    guard case .decimal(let value, digits: 6) = self["energy_joules \(zone)"] else { return nil }
    return Double(value) / 1e6
  }

  func watts(_ zone: String) -> Double? {
    guard case .double(let value) = self["power_watts \(zone)"] else { return nil }
    return value
  }

  func errors(_ zone: String) -> UInt64? {
    guard case .unsigned(let value) = self["energy_source_errors \(zone)"] else { return nil }
    return value
  }
}
