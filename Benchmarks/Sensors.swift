import Glibc
import Host

/// A powercap tree in a folder of its own, gone with this; CPUs are the machine's, or two of one core.
final class Sensors {
  private let folder: String
  private var energy: UInt64 = 0
  /// Files and folders, in the order in which they were made.
  private var made: [String]
  private static let zones = [("intel-rapl:0", "package-0"), ("intel-rapl:0:0", "core"), ("intel-rapl:0:1", "dram")]

  init(areSiblings: Bool = false) throws {
    var template = Array("/tmp/wattprobe-bench-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw BenchError("no temporary folder") }
    folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    made = [folder]
    if areSiblings {
      let base = "devices/system/cpu"
      try write("\(base)/online", "0-1")
      try write("\(base)/possible", "0-1")
      for cpu in 0...1 {
        try write("\(base)/cpu\(cpu)/topology/physical_package_id", "0")
        try write("\(base)/cpu\(cpu)/topology/thread_siblings_list", "0-1")
      }
    } else {
      symlink("/sys/devices", folder + "/devices")
      made.append(folder + "/devices")
    }
    for (place, name) in Self.zones {
      try write("class/powercap/\(place)/name", name)
      try write("class/powercap/\(place)/max_energy_range_uj", "262143328850")
    }
    try count(0)
  }

  deinit { for path in made.reversed() { remove(path) } }

  var paths: HostPaths { HostPaths(procfs: "/proc", sysfs: folder) }

  /// Lets all zones use so many microjoules.
  func count(_ more: UInt64) throws {
    energy += more
    for (place, _) in Self.zones { try write("class/powercap/\(place)/energy_uj", "\(energy)") }
  }

  private func write(_ path: String, _ text: String) throws {
    var place = folder
    for name in path.split(separator: "/").dropLast() {
      place += "/" + name
      if mkdir(place, 0o755) == 0 { made.append(place) }
    }
    place = "\(folder)/\(path)"
    if access(place, F_OK) != 0 { made.append(place) }
    let file = open(place, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw BenchError("cannot write \(place)") }
    let bytes = Array((text + "\n").utf8)
    Glibc.write(file, bytes, bytes.count)
    close(file)
  }
}
