import Energy
import Foundation
import Host
import Machine
import Testing

@testable import Collectors

extension KernelTests {
  /// Whether what was divided among processes was measured or estimated can be told from every sample of it.
  @Suite struct EstimateTests {
    private static let derived = [
      "energy_attributed_joules", "energy_idle_watts", "process_energy_joules", "process_power_watts",
      "process_window_joules", "cgroup_energy_joules",
    ]
    private let host: EnergyFixture

    init() throws {
      host = try EnergyFixture()
      try FileManager.default.createSymbolicLink(
        atPath: host.path("devices"), withDestinationPath: "/sys/devices")
    }

    private func start() throws -> LiveCollectors {
      var model = PowerModel()
      model.idleWatts = 10
      model.busyWattsPerCPU = 5
      return try LiveCollectors(["process", "cgroup", "energy"]) { options in
        options.paths = HostPaths(procfs: "/proc", sysfs: host.root)
        options.energy.model = model
        options.energy.idleMicrowatts = 1_000_000
        options.energy.nvmlLibrary = nil
      }
    }

    /// What is shown once a process has series and a window has closed.
    private func settled(_ collectors: LiveCollectors, feed: () throws -> Void = {}) throws -> Reading {
      for _ in 0..<100 {
        pause(seconds: 0.2)
        try feed()
        let reading = try collectors.read()
        if Self.derived.allSatisfy({ reading.series($0) > 0 }) && reading.series("process_energy_joules") > 1 {
          return reading
        }
      }
      Issue.record("nothing is derived")
      return try collectors.read()
    }

    @Test func whatIsDividedOutOfAnEstimateSaysSo() throws {
      let load = try Load("spin", 60_000)
      load.begin()
      let collectors = try start()
      var reading = try settled(collectors)
      for family in Self.derived {
        #expect(reading.series(family, ["source": "model"]) == reading.series(family), "\(family)")
      }
      // a sensor that comes late neither takes the labels away nor mixes its joules in
      try host.zone("intel-rapl:0", "package-0", 1_000_000)
      collectors.sample(now: MonotonicClock.now + 61 * .second)
      try host.set("intel-rapl:0", 900_000_000)
      collectors.sample(now: MonotonicClock.now + 62 * .second)
      reading = try collectors.scrape()
      #expect(reading.sum("energy_joules", ["source": "rapl"]) == 899_000_000)
      #expect(reading.sum("energy_attributed_joules") == reading.sum("energy_joules", ["source": "model"]))
      for family in Self.derived {
        #expect(reading.series(family) > 0, "\(family)")
        #expect(reading.series(family, ["source": "model"]) == reading.series(family), "\(family)")
      }
    }

    /// A model beside a sensor is shown, and nothing is divided out of it.
    @Test func whatWasMeasuredHasNoSuchLabel() throws {
      try host.zone("intel-rapl:0", "package-0", 1_000_000)
      let load = try Load("spin", 60_000)
      load.begin()
      let ticking = try TickingCounters([host.zonePath("intel-rapl:0")])
      let collectors = try start()
      ticking.stop()
      var energy: UInt64 = 1_000_000
      let reading = try settled(collectors) {
        energy += 3_000_000
        try host.set("intel-rapl:0", energy)
      }
      for family in Self.derived { #expect(reading.series(family, ["source": "model"]) == 0, "\(family)") }
      #expect(reading.series("energy_joules", ["source": "model"]) > 0)
    }
  }
}
