internal import Fixtures
internal import Glibc
internal import Host

/// A sysfs with one package whose counter follows a known model of power: 5 W idle, and 10 W more for each CPU that runs a
/// task. So the joules of whoever ran are known beforehand.
package final class ModelledSensor {
  package static let idleMicrowatts: UInt64 = 5_000_000
  /// Nanojoules a nanosecond.
  private static let joulesPerSecond: UInt64 = 10
  /// Of the counter, in microjoules.
  package static let start: UInt64 = 1_000_000

  /// The sysfs.
  package var path: String { tree.root }
  private let tree: TemporaryTree
  private let began = MonotonicClock.now
  private let ran: UInt64
  private var file: CInt = -1

  package init() throws {
    tree = try TemporaryTree()
    ran = try ControlGroup.usageOfAll()
    let zone = "class/powercap/intel-rapl:0"
    try tree.link("devices", to: "/sys/devices")
    try tree.write(zone + "/name", "package-0\n")
    try tree.write(zone + "/max_energy_range_uj", "262143328850\n")
    file = open(tree.path(zone + "/energy_uj"), O_CREAT | O_WRONLY | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw MachineError(what: "no file in \(zone)") }
    try write(Self.start)
  }

  deinit { close(file) }

  /// What the model makes of the run time of one of many.
  package static func microjoules(_ nanoseconds: UInt64) -> UInt64 { nanoseconds * joulesPerSecond / 1000 }

  /// Brings the counter up to now, and returns the microjoules since the start.
  @discardableResult
  package func advance() throws -> UInt64 {
    let idle = (MonotonicClock.now - began) / 1000 * Self.idleMicrowatts / 1_000_000
    let energy = idle + Self.microjoules(try ControlGroup.usageOfAll() - ran)
    try write(Self.start + energy)
    return energy
  }

  /// One write of one length: no reader sees half of it.
  private func write(_ counter: UInt64) throws {
    let text = "\(counter)"
    let bytes = Array((String(repeating: "0", count: 19 - text.utf8.count) + text + "\n").utf8)
    guard pwrite(file, bytes, bytes.count, 0) == bytes.count else { throw MachineError(what: "cannot write \(path)") }
  }
}
