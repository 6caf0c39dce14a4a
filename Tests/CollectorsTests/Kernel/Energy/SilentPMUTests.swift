import Collecting
import Host
import Machine
import Testing

@testable import Collectors

extension KernelTests {
  /// A power PMU that can be read and never counts, by an event of the kernel's that does just that.
  @Suite(.serialized) struct SilentPMUTests {
    @Test func nothingIsSaidOfEnergyThatNobodyMeasures() throws {
      let collectors = try LiveCollectors(["process", "cgroup", "energy", "compat"]) {
        $0.paths = HostPaths(sysfs: GuestSysfs.path)
        $0.process.thresholdNanoseconds = 0
      }
      let energy = try #require(collectors.context.energy)
      for _ in 0..<3 {
        pause(seconds: 0.1)
        let reading = try collectors.read()
        for family in [
          "energy_joules", "power_watts", "energy_window_seconds", "energy_attributed_joules", "energy_idle_watts",
          "process_energy_joules", "process_power_watts", "process_window_joules", "cgroup_energy_joules",
          "kepler_node_cpu_joules", "kepler_process_cpu_joules", "kepler_process_cpu_watts",
          "scaph_host_energy_microjoules", "scaph_host_power_microwatts", "scaph_process_power_consumption_microwatts",
        ] { #expect(reading.series(family) == 0, "\(family)") }
        #expect(reading.series("process_cpu_seconds") > 0)
      }
      #expect(energy.unavailability?.message.contains("perf psys/psys does not move") == true)
    }
  }
}
