internal import Energy
internal import BPFPrograms

extension TaskUsage {
  /// Each counter of two usages put together.
  @inline(__always)
  private func merged(_ other: TaskUsage, _ operation: (UInt64, UInt64) -> UInt64) -> TaskUsage {
    TaskUsage(
      runtime_ns: operation(runtime_ns, other.runtime_ns),
      user_ns: operation(user_ns, other.user_ns),
      system_ns: operation(system_ns, other.system_ns),
      voluntary_switches: operation(voluntary_switches, other.voluntary_switches),
      involuntary_switches: operation(involuntary_switches, other.involuntary_switches),
      minor_faults: operation(minor_faults, other.minor_faults),
      major_faults: operation(major_faults, other.major_faults),
      read_bytes: operation(read_bytes, other.read_bytes),
      written_bytes: operation(written_bytes, other.written_bytes),
      runqueue_ns: operation(runqueue_ns, other.runqueue_ns))
  }

  static func += (left: inout TaskUsage, right: TaskUsage) { left = left.merged(right, &+) }

  /// Counter by counter; 0 where it would be negative.
  func subtracting(_ other: TaskUsage) -> TaskUsage { merged(other) { $0.subtracting($1) } }

  /// Counter by counter, the larger one.
  func raised(to other: TaskUsage) -> TaskUsage { merged(other, max) }
}

/// CPU time split into user and system so that neither falls and their sum is the exact run time.
///
/// The kernel knows the run time to the nanosecond but samples the mode by ticks. As its own cputime_adjust()
/// (kernel/sched/cputime.c) does, the exact time is divided in the ratio of the samples.
struct CPUTimeSplit: Hashable {
  private(set) var user: UInt64 = 0
  private(set) var system: UInt64 = 0

  /// Goes on to `runtime`, of which `systemTarget` should be system time as far as no part falls.
  mutating func advance(to runtime: UInt64, systemTarget: UInt64) {
    let grown = runtime.subtracting(user + system)
    let more = min(systemTarget.subtracting(system), grown)
    system += more
    user += grown - more
  }

  /// The share of `runtime` that `user` and `system` ticks make system time.
  static func system(of runtime: UInt64, userTicks user: UInt64, systemTicks system: UInt64) -> UInt64 {
    if system == 0 { return 0 }
    if user == 0 { return runtime }
    let product = runtime.multipliedFullWidth(by: system)
    let sum = user + system
    // the quotient is below runtime, since system < sum
    return sum.dividingFullWidth(product).quotient
  }
}
