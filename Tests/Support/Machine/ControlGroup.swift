package import Glibc

internal import Foundation

/// Why a test's figures of the machine could not be had.
package struct MachineError: Error {
  package let what: String
}

/// A control group made for a test, in the hierarchy of `controller` (nil: version 2), gone with this object.
package final class ControlGroup {
  /// As `/proc/<pid>/cgroup` shows it.
  package let path: String
  package let folder: String

  package init(_ path: String, controller: String? = nil) throws {
    self.path = path
    guard let mount = try Self.mount(of: controller) else {
      throw MachineError(what: "no hierarchy of \(controller ?? "version 2") is mounted")
    }
    folder = mount + path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit { remove() }

  private static func mount(of controller: String?) throws -> String? {
    for line in try String(contentsOfFile: "/proc/mounts", encoding: .utf8).split(separator: "\n") {
      let words = line.split(separator: " ")
      let isWanted =
        controller.map { words[2] == "cgroup" && words[3].split(separator: ",").contains(Substring($0)) }
        ?? (words[2] == "cgroup2")
      if isWanted { return String(words[1]) }
    }
    return nil
  }

  package static func exists(_ controller: String) -> Bool { ((try? mount(of: controller)) ?? nil) != nil }

  package func take(_ process: pid_t) throws {
    try "\(process)".write(toFile: folder + "/cgroup.procs", atomically: false, encoding: .utf8)
  }

  /// The kernel's own sum of CPU time, in nanoseconds.
  package func usage() throws -> UInt64 { try Self.usage(folder) }

  /// That of all tasks there are and were.
  package static func usageOfAll() throws -> UInt64 {
    guard let root = try mount(of: "cpuacct") ?? mount(of: nil) else { throw MachineError(what: "no control groups") }
    return try usage(root)
  }

  private static func usage(_ folder: String) throws -> UInt64 {
    if let text = try? String(contentsOfFile: folder + "/cpuacct.usage", encoding: .utf8) {
      return UInt64(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }
    let text = try String(contentsOfFile: folder + "/cpu.stat", encoding: .utf8)
    let line = text.split(separator: "\n").first { $0.hasPrefix("usage_usec ") }
    return (UInt64(line?.split(separator: " ").last ?? "") ?? 0) * 1000
  }

  /// Refused as long as it has processes.
  @discardableResult
  package func remove() -> Bool { rmdir(folder) == 0 }
}

/// The kernel's figure of a process' CPU time up to this moment in nanoseconds, running slices included.
package func cpuTime(_ pid: pid_t) throws -> UInt64 {
  var clock = clockid_t()
  var time = timespec()
  guard clock_getcpuclockid(pid, &clock) == 0, clock_gettime(clock, &time) == 0 else {
    throw MachineError(what: "no CPU clock of \(pid)")
  }
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
