internal import Foundation
internal import Glibc

/// This machine's sysfs as a guest of a hypervisor has it: whatever sensors of energy the machine has are not there, and the
/// kernel offers the `power` PMU with an `energy-psys` that never counts, as it does in guests on Sapphire and Emerald Rapids.
///
/// All tests that are not about sensors see this one, so that they pass, and fail, alike on every machine.
package enum GuestSysfs {
  /// Made once for all tests of a process, gone with it.
  package static let path: String = {
    do {
      return try make()
    } catch {
      fatalError("cannot make a sysfs for the tests: \(error)")
    }
  }()

  /// Folders in which sensors of energy are found.
  private static let sensors: Set<String> = [
    "bus/event_source/devices/power", "class/powercap", "class/hwmon", "class/power_supply",
  ]

  private static func make() throws -> String {
    let root = FileManager.default.temporaryDirectory.appending(path: "wattprobe-sysfs-\(getpid())").path
    try? FileManager.default.removeItem(atPath: root)
    // folders above a sensor are the tree's own, all else is the machine's
    for folder in ["", "bus", "bus/event_source", "bus/event_source/devices", "class"] {
      try FileManager.default.createDirectory(atPath: root + "/" + folder, withIntermediateDirectories: true)
      for name in (try? FileManager.default.contentsOfDirectory(atPath: "/sys/" + folder)) ?? [] {
        let place = folder.isEmpty ? name : folder + "/" + name
        if ["bus", "bus/event_source", "bus/event_source/devices", "class"].contains(place) { continue }
        if sensors.contains(place) { continue }
        try FileManager.default.createSymbolicLink(atPath: root + "/" + place, withDestinationPath: "/sys/" + place)
      }
    }
    // PERF_COUNT_SW_DUMMY of PERF_TYPE_SOFTWARE: it can be opened and read, and stays 0
    let power = root + "/bus/event_source/devices/power"
    try FileManager.default.createDirectory(atPath: power + "/events", withIntermediateDirectories: true)
    for (file, text) in [
      ("type", "1"), ("cpumask", "0"), ("events/energy-psys", "event=0x09"),
      ("events/energy-psys.scale", "2.3283064365386962890625e-10"),
      ("events/energy-psys.unit", "Joules"),
    ] { try (text + "\n").write(toFile: power + "/" + file, atomically: false, encoding: .utf8) }
    atexit { try? FileManager.default.removeItem(atPath: GuestSysfs.path) }
    return root
  }
}
