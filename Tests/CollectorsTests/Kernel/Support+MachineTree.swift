import Fixtures
import Foundation
import Glibc

/// A copy of what the collectors read of this machine, with sensors beside it, on a file system that remembers which of its
/// files were read.
final class MachineTree {
  let root: String
  private(set) var files: [String: [UInt8]] = [:]

  /// Mounts it, which takes root.
  init() throws {
    root = FileManager.default.temporaryDirectory.appending(path: "wattprobe-tree-\(getpid())").path
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    guard mount("tree", root, "tmpfs", UInt(MS_STRICTATIME), "size=64m") == 0 else {
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }
    for file in ["stat", "vmstat", "interrupts", "softirqs", "net/dev", "cpuinfo", "kallsyms"] {
      try copy("/proc/" + file, to: "proc/" + file, most: 64 << 10)
    }
    for file in ["statm", "stat", "schedstat"] { try copy("/proc/self/" + file, to: "proc/self/" + file) }
    for pid in try FileManager.default.contentsOfDirectory(atPath: "/proc").filter({ Int($0) != nil }) {
      try? copy("/proc/\(pid)/cgroup", to: "proc/\(pid)/cgroup")
    }
    try copyCPUs()
    for disk in (try? FileManager.default.contentsOfDirectory(atPath: "/sys/block")) ?? [] {
      for file in ["dev", "inflight", "queue/iostats"] {
        try? copy("/sys/block/\(disk)/\(file)", to: "sys/block/\(disk)/\(file)")
      }
    }
    for device in (try? FileManager.default.contentsOfDirectory(atPath: "/sys/class/net")) ?? [] {
      try? copy("/sys/class/net/\(device)/ifindex", to: "sys/class/net/\(device)/ifindex")
    }
    try addSensors()
  }

  deinit {
    umount2(root, CInt(MNT_DETACH))
    try? FileManager.default.removeItem(atPath: root)
  }

  private func copyCPUs() throws {
    for file in ["online", "possible", "present"] {
      try copy("/sys/devices/system/cpu/" + file, to: "sys/devices/system/cpu/" + file)
    }
    for cpu in 0..<2 {
      let folder = "sys/devices/system/cpu/cpu\(cpu)/"
      let made = [
        "topology/physical_package_id": "0", "topology/die_id": "0", "topology/core_id": "\(cpu)",
        "topology/thread_siblings_list": "\(cpu)", "cpufreq/scaling_cur_freq": "2400000",
        "cpufreq/cpuinfo_max_freq": "3000000", "cpu_capacity": "1024", "cpuidle/state0/name": "POLL",
      ]
      for (file, text) in made { try write(folder + file, text + "\n") }
    }
  }

  private func addSensors() throws {
    let made = [
      "class/powercap/intel-rapl:0/name": "package-0", "class/powercap/intel-rapl:0/energy_uj": "5000000",
      "class/powercap/intel-rapl:0/max_energy_range_uj": "262143328850",
      "class/powercap/intel-rapl:0:0/name": "dram", "class/powercap/intel-rapl:0:0/energy_uj": "5000000",
      "class/powercap/intel-rapl:1/name": "package-0-die-1", "class/powercap/intel-rapl:1/energy_uj": "5000000",
      "class/hwmon/hwmon0/name": "power_meter", "class/hwmon/hwmon0/power1_average": "200000000",
      "class/hwmon/hwmon1/name": "chip", "class/hwmon/hwmon1/energy1_input": "7000000",
      "class/hwmon/hwmon1/energy1_label": "one", "class/hwmon/hwmon1/power2_input": "7000000",
      "class/power_supply/BAT0/type": "Battery", "class/power_supply/BAT0/status": "Discharging",
      "class/power_supply/BAT0/charge_now": "3000000", "class/power_supply/BAT0/voltage_now": "12000000",
      // PERF_COUNT_SW_CPU_CLOCK of PERF_TYPE_SOFTWARE
      "bus/event_source/devices/power/type": "1", "bus/event_source/devices/power/cpumask": "0",
      "bus/event_source/devices/power/events/energy-pkg": "event=0x00",
      "bus/event_source/devices/power/events/energy-pkg.scale": "2.3283064365386962890625e-10",
      "bus/event_source/devices/power/events/energy-pkg.unit": "Joules",
    ]
    for (file, text) in made { try write("sys/" + file, text + "\n") }
  }

  private func copy(_ path: String, to file: String, most: Int = 1 << 20) throws {
    guard let bytes = FileManager.default.contents(atPath: path) else { throw POSIXError(.ENOENT) }
    try write(file, bytes: Array(bytes.prefix(most)))
  }

  private func write(_ file: String, _ text: String) throws { try write(file, bytes: Array(text.utf8)) }

  private func write(_ file: String, bytes: [UInt8]) throws {
    let path = root + "/" + file
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    files[file] = bytes
    try overwrite(file, bytes)
  }

  /// Writes a file in place, as sysfs does: a descriptor that is open sees it.
  func overwrite(_ file: String, _ bytes: [UInt8]) throws {
    let descriptor = open(root + "/" + file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    defer { close(descriptor) }
    guard bytes.withUnsafeBytes({ Glibc.write(descriptor, $0.baseAddress, $0.count) }) == bytes.count else {
      throw POSIXError(.EIO)
    }
  }

  func restore(_ file: String) throws { try overwrite(file, files[file]!) }

  /// The files that `body` reads.
  func filesRead(by body: () throws -> Void) rethrows -> [String] {
    for file in files.keys {
      // UTIME_OMIT: the time of the last change stays
      var times = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 0, tv_nsec: (1 << 30) - 2)]
      utimensat(AT_FDCWD, root + "/" + file, &times, 0)
    }
    try body()
    return files.keys.filter { file in
      var status = stat()
      return stat(root + "/" + file, &status) == 0 && status.st_atim.tv_sec != 1
    }.sorted()
  }
}

/// What no kernel writes, in place of what one wrote.
enum BrokenText {
  static let numbers = [
    "0", "-1", "9223372036854775808", "18446744073709551615", String(repeating: "7", count: 40), "", "junk",
  ]

  /// Each number of the text in turn, of many some, and its lines doubled, glued, cut, out of order, gone.
  static func variants(of bytes: [UInt8], mostNumbers: Int) -> [[UInt8]] {
    let ranges = numberRanges(bytes)
    // spread over the text, its first line's among them
    let step = max(1, ranges.count / mostNumbers)
    var variants: [[UInt8]] = []
    for (index, range) in ranges.enumerated() where index % step == 0 || index < mostNumbers / 4 {
      for number in numbers {
        variants.append(Array(bytes[..<range.lowerBound]) + Array(number.utf8) + Array(bytes[range.upperBound...]))
      }
    }
    return variants + lineVariants(of: bytes) + wholeVariants(of: bytes)
  }

  /// All numbers of the text at once.
  static func wholeVariants(of bytes: [UInt8], _ numbers: [String] = numbers) -> [[UInt8]] {
    numbers.map { number in
      var text: [UInt8] = []
      var end = 0
      for range in numberRanges(bytes) {
        text += bytes[end..<range.lowerBound] + number.utf8
        end = range.upperBound
      }
      return text + bytes[end...]
    }
  }

  static func lineVariants(of bytes: [UInt8]) -> [[UInt8]] {
    let newline = UInt8(ascii: "\n")
    let lines = bytes.split(separator: newline).map(Array.init)
    func text(_ lines: [[UInt8]]) -> [UInt8] { lines.flatMap { $0 + [newline] } }
    return [
      [], Array(bytes.prefix(bytes.count / 2)), text(lines.flatMap { [$0, $0] }), lines.flatMap { $0 },
      text(lines.reversed()),
      text(Array(lines.dropFirst())), [newline], text(lines.map { Array($0.prefix($0.count / 2)) }),
      bytes.filter { $0 != UInt8(ascii: " ") }, bytes.map { $0 == newline ? UInt8(ascii: "\r") : $0 },
      bytes.map { $0 | 0x80 }, Array(repeating: 0, count: bytes.count),
    ]
  }

  private static func numberRanges(_ bytes: [UInt8]) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var start: Int?
    for index in 0...bytes.count {
      let isDigit = index < bytes.count && bytes[index] &- UInt8(ascii: "0") < 10
      if isDigit, start == nil { start = index }
      if !isDigit, let first = start {
        ranges.append(first..<index)
        start = nil
      }
    }
    return ranges
  }
}
