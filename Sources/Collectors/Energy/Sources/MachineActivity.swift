package import Host

/// What the machine did since its start, as far as the power model asks.
package struct MachineActivity: Sendable, Hashable {
  /// CPU time other than idle in seconds, by CPU number; CPUs that are offline are missing.
  package var busySeconds: [Int: Double]
  package var contextSwitches: UInt64
  package var packets: UInt64
  package var systemCalls: UInt64

  package init(busySeconds: [Int: Double], contextSwitches: UInt64 = 0, packets: UInt64 = 0, systemCalls: UInt64 = 0) {
    self.busySeconds = busySeconds
    self.contextSwitches = contextSwitches
    self.packets = packets
    self.systemCalls = systemCalls
  }
}

/// Where activity is read from.
package protocol ActivitySource: AnyObject {
  func read() throws(HostError) -> MachineActivity
}

/// The kernel's own counts, and those of collectors that count what it does not.
package final class KernelActivity: ActivitySource {
  private let paths: HostPaths
  private let systemCalls: (() -> UInt64)?

  /// - Parameter systemCalls: system calls so far, where somebody counts them.
  package init(paths: HostPaths, systemCalls: (() -> UInt64)?) {
    self.paths = paths
    self.systemCalls = systemCalls
  }

  package func read() throws(HostError) -> MachineActivity {
    let statistics = try SystemStatistics(paths: paths)
    return MachineActivity(
      busySeconds: statistics.cpus.mapValues { times in
        // User and nice contain the guests' time; stolen time is another machine's.
        let ticks = [times.user, times.nice, times.system, times.irq, times.softirq].reduce(0.0) { $0 + Double($1) }
        return ticks / Double(Kernel.ticksPerSecond)
      },
      contextSwitches: statistics.contextSwitches, packets: try PacketCounts.total(paths: paths),
      systemCalls: systemCalls?() ?? 0)
  }
}
