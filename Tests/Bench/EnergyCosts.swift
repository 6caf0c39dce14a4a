import CBench
import Collecting
import Collectors
import Glibc
import Host
import Logging

/// CPU time of one window of energy: sensors read, a pass over all tasks, and their joules divided.
enum EnergyCosts {
  private static let windows = 15
  private static let logger = Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() })

  static func run() throws {
    print("== One energy window, CPU of the thread, medians of \(windows); a package with core and dram ==")
    var table = Table("sleeping processes", "ms", "least", "sensors alone", "a pass alone", "us a process")
    for count in [100, 1_000, 10_000] {
      let children = Children(count, busyNanoseconds: 0)
      let sensors = try Sensors()
      let whole = try costs(sensors) { try collector("energy", of: ["process", "cgroup", "energy"], sensors) }
      let reading = try costs(sensors) {
        try EnergyCollector(paths: sensors.paths, now: MonotonicClock.now, logger: logger)
      }
      let pass = try costs(sensors) { try collector("process", of: ["process", "cgroup"], sensors) }
      table.add(
        "\(children.count)", whole.median.text(2), whole.quantile(0).text(2), reading.median.text(2),
        pass.median.text(2), (whole.median * 1000 / Double(children.count)).text(2))
    }
    table.print()
  }

  /// Milliseconds of each window. They are a minute apart by the clock that the collector is given, so each has its pass.
  private static func costs(
    _ sensors: Sensors, _ make: () throws -> any PeriodicCollector
  ) throws -> [Double] {
    let collector = try make()
    let start = MonotonicClock.now
    return try (1...windows).map { window in
      try sensors.count(600_000_000)
      let before = cbench_thread_ns()
      collector.sample(now: start + UInt64(window) * 60_000_000_000)
      return Double(cbench_thread_ns() - before) / 1e6
    }
  }

  /// A collector as it is among others: they share what they know of processes.
  private static func collector(
    _ name: String, of enabled: Set<String>, _ sensors: Sensors
  ) throws -> any PeriodicCollector {
    var options = CollectorOptions()
    options.enabled = enabled
    options.paths = sensors.paths
    options.energy.nvmlLibrary = nil
    let context = CollectorContext(options: options, logger: logger)
    let definition = Registry.collectors.first { $0.name == name }
    guard let collector = try definition?.make(context) as? any PeriodicCollector else {
      throw BenchError("there is no collector \(name)")
    }
    return collector
  }
}

/// A powercap tree in a folder of its own, gone with this.
private final class Sensors {
  private let folder: String
  private var energy: UInt64 = 0
  private static let zones = [("intel-rapl:0", "package-0"), ("intel-rapl:0:0", "core"), ("intel-rapl:0:1", "dram")]

  init() throws {
    var template = Array("/tmp/wattprobe-bench-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw BenchError("no temporary folder") }
    folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    for path in ["/class", "/class/powercap"] { mkdir(folder + path, 0o755) }
    symlink("/sys/devices", folder + "/devices")
    for (place, name) in Self.zones {
      mkdir("\(folder)/class/powercap/\(place)", 0o755)
      try write("\(place)/name", name)
      try write("\(place)/max_energy_range_uj", "262143328850")
    }
    try count(0)
  }

  deinit {
    for (place, _) in Self.zones {
      for file in ["/name", "/max_energy_range_uj", "/energy_uj"] { unlink("\(folder)/class/powercap/\(place)\(file)") }
      rmdir("\(folder)/class/powercap/\(place)")
    }
    unlink(folder + "/devices")
    for path in ["/class/powercap", "/class", ""] { rmdir(folder + path) }
  }

  var paths: HostPaths { HostPaths(procfs: "/proc", sysfs: folder, rootfs: "/") }

  /// Lets all zones use so many microjoules.
  func count(_ more: UInt64) throws {
    energy += more
    for (place, _) in Self.zones { try write("\(place)/energy_uj", "\(energy)") }
  }

  private func write(_ path: String, _ text: String) throws {
    let file = open("\(folder)/class/powercap/\(path)", O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw BenchError("cannot write \(path)") }
    let bytes = Array((text + "\n").utf8)
    Glibc.write(file, bytes, bytes.count)
    close(file)
  }
}
