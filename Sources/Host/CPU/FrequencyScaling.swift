/// What the kernel's load tracking may allow for: that CPUs run at less than their highest frequency, or are slower than
/// others.
///
/// The kernel shows nowhere whether it does. x86 can only by APERF and MPERF (arch/x86/kernel/cpu/aperfmperf.c); elsewhere
/// it depends on the cpufreq driver.
package struct FrequencyScaling: Sendable {
  /// What the signals do not depend on.
  package enum Invariance: String, Sendable {
    /// On nothing: they tell time.
    case none
    /// The frequency a CPU runs at.
    case frequency
    /// How fast a CPU is, and its frequency as well where that is possible.
    case capacity
    case unknown
  }

  /// Whether the CPUs have what frequency invariance takes; nil where that cannot be told.
  private let hasCounters: Bool?
  /// Whether some CPU has less capacity than the greatest.
  private let hasSmallCPUs: Bool

  package init(paths: HostPaths) {
    let processors = try? Processor.list(paths: paths)
    hasCounters = processors?.first?.flags?.contains("aperfmperf")
    let cpus = (try? CPUList.read(paths.sys("devices/system/cpu/possible"))) ?? []
    hasSmallCPUs = cpus.contains { cpu in
      let capacity = try? SmallFile.unsigned(paths.sys("devices/system/cpu/cpu\(cpu)/cpu_capacity"))
      return capacity.map { $0 < 1024 } ?? false
    }
  }

  /// - Parameter isScaled: whether the clock of load tracking was seen to run slower than time.
  package func invariance(isScaled: Bool) -> Invariance {
    if hasSmallCPUs { return .capacity }
    if isScaled { return .frequency }
    return hasCounters == false ? .none : .unknown
  }
}
