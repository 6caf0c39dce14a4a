internal import ByteText
import Glibc

/// The perf `power` PMU: RAPL as 64-bit counts (arch/x86/events/rapl.c; the same PMU on Intel and AMD).
package struct PowerPMU: Sendable, Hashable {
  package struct Event: Sendable, Hashable {
    /// `energy-pkg`, `energy-cores`, `energy-ram`, `energy-gpu`, `energy-psys`.
    package let name: String
    /// `perf_event_attr.config`.
    package let config: UInt64
    /// Joules per count as decimal text, kept as it is: it has more digits than a Double.
    package let scale: String
  }

  /// `perf_event_attr.type`.
  package let type: UInt32
  /// One CPU per package, or per die where packages have several: events are opened on these.
  package let cpus: [Int]
  /// The events that count joules, by name.
  package let events: [Event]

  /// The PMU under `<sysfs>/bus/event_source/devices/power`, nil where the machine has none (most virtual ones).
  package static func discover(paths: HostPaths) throws(HostError) -> PowerPMU? {
    let base = paths.sys("bus/event_source/devices/power")
    let type: UInt64
    do throws(HostError) {
      type = try SmallFile.unsigned(base + "/type")
    } catch {
      if error.isAbsence { return nil }
      throw error
    }
    guard let type = UInt32(exactly: type) else {
      throw .malformed(path: base + "/type", expected: "a PMU type", found: String(type))
    }
    let names: [String]
    do throws(SystemError) { names = try Directory.names(base + "/events") } catch { throw .system(error) }
    var events: [Event] = []
    for name in names.sorted() where name.begins(with: "energy-") && !name.contains(".") {
      let path = base + "/events/" + name
      guard try text(path + ".unit") == "Joules" else { continue }
      events.append(Event(name: name, config: try config(path), scale: try text(path + ".scale")))
    }
    return PowerPMU(type: type, cpus: try CPUList.read(base + "/cpumask"), events: events)
  }

  // `event=0x02`, which `format/event` maps to the low bits of config.
  private static func config(_ path: String) throws(HostError) -> UInt64 {
    let term = try text(path)
    guard term.begins(with: "event=0x"), let config = UInt64(term.dropFirst("event=0x".count), radix: 16) else {
      throw .malformed(path: path, expected: "event=0x..", found: String(term.prefix(40)))
    }
    return config
  }

  private static func text(_ path: String) throws(HostError) -> String {
    do throws(SystemError) { return try SmallFile.text(path) } catch { throw .system(error) }
  }
}
