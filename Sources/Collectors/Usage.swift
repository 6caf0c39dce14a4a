internal import BPFPrograms

extension usage {
  /// The counters of all kinds, by key path: what two usages are added and compared by.
  static var counters: [WritableKeyPath<usage, UInt64>] {
    [
      \.runtime_ns, \.user_ns, \.system_ns, \.voluntary_switches, \.involuntary_switches, \.minor_faults,
      \.major_faults,
      \.read_bytes, \.written_bytes, \.runqueue_ns,
    ]
  }

  static func += (left: inout usage, right: usage) {
    left.runtime_ns &+= right.runtime_ns
    left.user_ns &+= right.user_ns
    left.system_ns &+= right.system_ns
    left.voluntary_switches &+= right.voluntary_switches
    left.involuntary_switches &+= right.involuntary_switches
    left.minor_faults &+= right.minor_faults
    left.major_faults &+= right.major_faults
    left.read_bytes &+= right.read_bytes
    left.written_bytes &+= right.written_bytes
    left.runqueue_ns &+= right.runqueue_ns
  }

  /// Counter by counter; 0 where it would be negative.
  func subtracting(_ other: usage) -> usage {
    var result = usage()
    for counter in Self.counters {
      result[keyPath: counter] = self[keyPath: counter].subtracting(other[keyPath: counter])
    }
    return result
  }

  /// Counter by counter, the larger one.
  func raised(to other: usage) -> usage {
    var result = self
    for counter in Self.counters { result[keyPath: counter] = max(self[keyPath: counter], other[keyPath: counter]) }
    return result
  }
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
