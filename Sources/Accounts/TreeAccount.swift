/// What a tree of processes used, from its first program to the last of its tasks that ended, or to the end of the run.
package struct TreeAccount: Sendable, Hashable {
  /// What its tasks used, by the kernel's own count.
  package struct Usage: Sendable, Hashable {
    /// Nanoseconds on CPUs, exact.
    package var cpu: UInt64 = 0
    /// Of `cpu`, as the kernel's accounting splits it.
    package var user: UInt64 = 0
    package var system: UInt64 = 0
    /// Nanoseconds that they waited, runnable, for a CPU.
    package var runQueue: UInt64 = 0
    package var voluntarySwitches: UInt64 = 0
    package var involuntarySwitches: UInt64 = 0
    package var minorFaults: UInt64 = 0
    package var majorFaults: UInt64 = 0
    /// Bytes that were fetched from block devices, and bytes of pages made dirty, as `/proc/PID/io` has them.
    package var readBytes: UInt64 = 0
    package var writtenBytes: UInt64 = 0

    package init() {}
  }

  /// Calls of one kind.
  package struct Calls: Sendable, Hashable {
    package var count: UInt64 = 0
    /// Of `count`, those that failed.
    package var errors: UInt64 = 0
    /// Nanoseconds from their entries to their returns; 0 where they are not timed.
    package var time: UInt64 = 0

    package init(count: UInt64 = 0, errors: UInt64 = 0, time: UInt64 = 0) {
      self.count = count
      self.errors = errors
      self.time = time
    }

    /// Whether these come first in a list: the longest do, then the most; `isFirst` decides between equals.
    package func precede(_ other: Calls, _ isFirst: Bool) -> Bool {
      if time != other.time { return time > other.time }
      return count == other.count ? isFirst : count > other.count
    }
  }

  /// A system call by name.
  package struct NamedCalls: Sendable, Hashable {
    package let name: String
    package let category: String
    package let calls: Calls

    package init(name: String, category: String, calls: Calls) {
      self.name = name
      self.category = category
      self.calls = calls
    }
  }

  /// One process of the tree.
  package struct Process: Sendable, Hashable {
    package let pid: UInt32
    package let parent: UInt32
    package let name: String
    package let usage: Usage
    package let peakBytes: UInt64
    /// As wait() has it; nil while it lives.
    package let status: UInt32?
    /// The longest first.
    package let calls: [NamedCalls]

    package init(
      pid: UInt32, parent: UInt32, name: String, usage: Usage, peakBytes: UInt64, status: UInt32?, calls: [NamedCalls]
    ) {
      self.pid = pid
      self.parent = parent
      self.name = name
      self.usage = usage
      self.peakBytes = peakBytes
      self.status = status
      self.calls = calls
    }
  }

  /// An event of the processors' monitoring units.
  package struct Event: Sendable, Hashable {
    package let name: String
    package let count: UInt64
    /// The part of the time in which it was counted, for there may be more events than counters: `count` is scaled by it.
    package let counted: Double

    package init(name: String, count: UInt64, counted: Double) {
      self.name = name
      self.count = count
      self.counted = counted
    }
  }

  package var usage = Usage()
  /// Nanoseconds blocked, until they ran again, by reason.
  package var offCPU: [(reason: String, time: UInt64)] {
    [("interruptible", interruptible), ("uninterruptible", uninterruptible), ("io", io)]
  }
  package var interruptible: UInt64 = 0
  package var uninterruptible: UInt64 = 0
  package var io: UInt64 = 0
  /// The first one included; of a tree that was there before, its roots.
  package var processes: UInt64 = 0
  /// Beside the first of each process.
  package var threads: UInt64 = 0
  /// By exec.
  package var programs: UInt64 = 0
  package var endedProcesses: UInt64 = 0
  /// Of these, with a status other than 0, or by a signal.
  package var failedProcesses: UInt64 = 0
  /// Tasks that lived as it was closed.
  package var living: UInt64 = 0
  /// The most that one of its processes had resident; nil where that could not be seen.
  package var peakBytes: UInt64?
  /// What its sockets of the internet's families took and handed over; nil where the kernel does not tell.
  package var network: (received: UInt64, sent: UInt64)? {
    get { receivedBytes.flatMap { received in sentBytes.map { (received, $0) } } }
    set {
      receivedBytes = newValue?.received
      sentBytes = newValue?.sent
    }
  }
  private var receivedBytes: UInt64?
  private var sentBytes: UInt64?
  /// The longest first.
  package var calls: [NamedCalls] = []
  /// Whether calls are timed.
  package var timesCalls = true
  /// Empty where there is no unit, and `eventsFailure` says why.
  package var events: [Event] = []
  package var eventsFailure: String?
  /// Microjoules that are its own, by zone, in the order of `MachineAccount.zones`; nil where nothing is measured.
  package var energy: [UInt64]?
  /// Where they were asked for; those that used most CPU time first.
  package var byProcess: [Process]?
  /// Tasks and entries that found no room in the kernel's tables: what they used is lacking.
  package var lost: UInt64 = 0

  package init() {}

  /// System calls by category, the longest first.
  package var categories: [(name: String, calls: Calls)] {
    var sums: [String: Calls] = [:]
    for one in calls {
      var sum = sums[one.category] ?? Calls()
      sum.count &+= one.calls.count
      sum.errors &+= one.calls.errors
      sum.time &+= one.calls.time
      sums[one.category] = sum
    }
    return sums.map { ($0.key, $0.value) }.sorted { $0.calls.precede($1.calls, $0.name < $1.name) }
  }

  package var allCalls: Calls {
    calls.reduce(into: Calls()) {
      $0.count &+= $1.calls.count
      $0.errors &+= $1.calls.errors
      $0.time &+= $1.calls.time
    }
  }

  /// Microjoules that are its own, of all zones together.
  package var totalEnergy: UInt64? { energy.map { $0.reduce(0, &+) } }
}

/// What the machine's sensors measured meanwhile, and whose it was.
package struct MachineAccount: Sendable, Hashable {
  /// A zone whose energy is divided: each counts once.
  package struct Zone: Sendable, Hashable {
    /// Who measured: rapl, perf, hwmon, battery, nvml, or model, which is an estimate.
    package let source: String
    package let package: String
    package let zone: String
    package let microjoules: UInt64

    package init(source: String, package: String, zone: String, microjoules: UInt64) {
      self.source = source
      self.package = package
      self.zone = zone
      self.microjoules = microjoules
    }
  }

  package var zones: [Zone] = []
  /// Microjoules; the four are what the zones measured, together.
  package var processes: UInt64 = 0
  package var kernel: UInt64 = 0
  package var idle: UInt64 = 0
  package var unattributed: UInt64 = 0
  /// Whether it is known what each package draws without any work: else `idle` is 0, and all of it counts as use.
  package var isIdleKnown = false

  package init() {}

  package var total: UInt64 { zones.reduce(0) { $0 &+ $1.microjoules } }
  package var isEstimate: Bool { zones.contains { $0.source == "model" } }
}
