import Collecting
import Energy
import Exposition
import Glibc
import Host

@testable import Collectors

extension FuzzTarget {
  /// A power model.
  static let powerModel = FuzzTarget(
    "power-model",
    ["idle_watts = 20.5 # all of it\nbusy_watts_per_cpu=7\njoules_per_syscall = 1e-6\n", "busy_watts =\n"]
  ) { bytes in
    _ = try? PowerModel(parsing: String(decoding: bytes, as: UTF8.self), path: "model")
  }

  /// Sensors of every kind, read before and after the change, and what becomes of their readings.
  static let sensors = FuzzTarget(sensorTree)

  private static let sensorTree = FuzzTree([
    ("class/powercap/intel-rapl:0/name", "package-0\n"), ("class/powercap/intel-rapl:0/energy_uj", "1000\n"),
    ("class/powercap/intel-rapl:0/max_energy_range_uj", "262143328850\n"),
    ("class/powercap/intel-rapl:0:0/name", "core\n"), ("class/powercap/intel-rapl:0:0/energy_uj", "500\n"),
    ("class/powercap/intel-rapl-mmio:0/name", "package-0\n"), ("class/powercap/intel-rapl-mmio:0/energy_uj", "1000\n"),
    ("class/hwmon/hwmon0/name", "amd_energy\n"), ("class/hwmon/hwmon0/energy1_input", "7000\n"),
    ("class/hwmon/hwmon0/energy1_label", "Esocket0\n"), ("class/hwmon/hwmon1/name", "power_meter\n"),
    ("class/hwmon/hwmon1/power1_average", "210000000\n"), ("class/hwmon/hwmon1/power1_average_interval", "1000\n"),
    ("class/power_supply/BAT0/type", "Battery\n"), ("class/power_supply/BAT0/status", "Discharging\n"),
    ("class/power_supply/BAT0/energy_now", "50000000\n"), ("class/power_supply/BAT0/power_now", "9000000\n"),
    ("class/power_supply/BAT1/type", "Battery\n"), ("class/power_supply/BAT1/status", "Discharging\n"),
    ("class/power_supply/BAT1/charge_now", "4000000\n"), ("class/power_supply/BAT1/voltage_now", "12000000\n"),
    ("bus/event_source/devices/power/type", "20\n"), ("bus/event_source/devices/power/cpumask", "0\n"),
    ("bus/event_source/devices/power/events/energy-pkg", "event=0x02\n"),
    ("bus/event_source/devices/power/events/energy-pkg.scale", "2.3283064365386962890625e-10\n"),
    ("bus/event_source/devices/power/events/energy-pkg.unit", "Joules\n"),
    ("devices/system/cpu/online", "0\n"), ("devices/system/cpu/possible", "0\n"),
    ("devices/system/cpu/cpu0/topology/physical_package_id", "0\n"),
    ("counts", "\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}\u{8}"),
  ])

  private init(_ tree: FuzzTree) {
    name = "sensors"
    seeds = tree.seeds
    run = { input in
      var collector: EnergyCollector?
      tree.with(input, before: { collector = try? Self.makeCollector($0) }) { paths in
        let second: UInt64 = 1_000_000_000
        // as it goes on, and as it is found at the start
        for collector in [collector, try? Self.makeCollector(paths)] {
          guard let collector else { continue }
          for time in 1...3 as ClosedRange<UInt64> { collector.sample(now: time * second) }
          var writer = SampleWriter()
          try? collector.collect(into: &writer)
          [writer.finish()].encode(as: .openMetrics) { _ in }
        }
      }
    }
  }

  private static func makeCollector(_ paths: HostPaths) throws(CollectorFailure) -> EnergyCollector {
    var calls = EnergySensorCalls(reader: BoundedReader(patience: 10_000))
    let counts = paths.sys("counts")
    calls.openEvent = { _, _, _ in
      let descriptor = open(counts, O_RDONLY | O_CLOEXEC)
      return descriptor < 0 ? -errno : descriptor
    }
    return try EnergyCollector(paths: paths, now: 0, options: EnergyOptions(), activity: nil, calls: calls)
  }
}
