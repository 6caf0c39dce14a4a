/// `/proc/stat`: what the kernel itself counts of the whole system (proc(5)).
package struct SystemStatistics: Sendable, Hashable {
  /// Times since boot in ticks of `Kernel.ticksPerSecond`. `user` and `nice` contain `guest` and `guestNice`.
  package struct CPUTimes: Sendable, Hashable {
    package var user: UInt64 = 0
    package var nice: UInt64 = 0
    package var system: UInt64 = 0
    package var idle: UInt64 = 0
    package var iowait: UInt64 = 0
    package var irq: UInt64 = 0
    package var softirq: UInt64 = 0
    package var steal: UInt64 = 0
    package var guest: UInt64 = 0
    package var guestNice: UInt64 = 0
  }

  /// Boot time in seconds since the epoch.
  package let bootTime: UInt64
  /// Context switches since boot, over all CPUs.
  package let contextSwitches: UInt64
  /// Tasks created since boot, threads too.
  package let processes: UInt64
  /// Summed over all CPUs.
  package let total: CPUTimes
  /// By CPU number; offline CPUs are missing.
  package let cpus: [Int: CPUTimes]

  /// The statistics in the text of `/proc/stat`; `path` names the file in errors.
  package init(parsing bytes: Span<UInt8>, path: String = "stat") throws(HostError) {
    var bootTime: UInt64?
    var contextSwitches: UInt64?
    var processes: UInt64?
    var total: CPUTimes?
    var cpus: [Int: CPUTimes] = [:]
    var cursor = TextCursor(bytes)
    while !cursor.isAtEnd {
      if cursor.skip("cpu ") {
        guard let times = Self.times(&cursor) else { throw Self.noTimes(path, "cpu", bytes, cursor.position) }
        total = times
      } else if cursor.skip("cpu") {
        guard let number = cursor.unsigned(), let cpu = Int(exactly: number) else {
          throw .malformed(path, expected: "a CPU number", in: bytes.extracting(cursor.position...))
        }
        guard let times = Self.times(&cursor) else { throw Self.noTimes(path, "cpu\(cpu)", bytes, cursor.position) }
        cpus[cpu] = times
      } else if cursor.skip("ctxt ") {
        contextSwitches = cursor.unsigned()
      } else if cursor.skip("btime ") {
        bootTime = cursor.unsigned()
      } else if cursor.skip("processes ") {
        processes = cursor.unsigned()
      }
      cursor.skipLine()
    }
    guard let bootTime else { throw .malformed(path, expected: "a btime line", in: bytes) }
    guard let contextSwitches else { throw .malformed(path, expected: "a ctxt line", in: bytes) }
    guard let processes else { throw .malformed(path, expected: "a processes line", in: bytes) }
    guard let total else { throw .malformed(path, expected: "a cpu line", in: bytes) }
    self.bootTime = bootTime
    self.contextSwitches = contextSwitches
    self.processes = processes
    self.total = total
    self.cpus = cpus
  }

  private static func noTimes(_ path: String, _ name: String, _ bytes: Span<UInt8>, _ position: Int) -> HostError {
    .malformed(path, expected: "the times of \(name)", in: bytes.extracting(position...))
  }

  /// The statistics now.
  package init(paths: HostPaths) throws(HostError) {
    let path = paths.proc("stat")
    let bytes = try SmallFile.bytes(path)
    try self.init(parsing: bytes.span, path: path)
  }

  /// The columns of a line of times. Older kernels end it sooner: what is not there is 0. Nil where a column is no number, or
  /// fewer are there than any kernel has.
  private static func times(_ cursor: inout TextCursor) -> CPUTimes? {
    var count = 0
    var isBroken = false
    func next() -> UInt64 {
      cursor.skipSpaces()
      if cursor.isAtEnd || cursor.next == UInt8(ascii: "\n") { return 0 }
      guard let ticks = cursor.unsigned() else {
        isBroken = true
        return 0
      }
      count += 1
      return ticks
    }
    var times = CPUTimes()
    times.user = next()
    times.nice = next()
    times.system = next()
    times.idle = next()
    times.iowait = next()
    times.irq = next()
    times.softirq = next()
    times.steal = next()
    times.guest = next()
    times.guestNice = next()
    return isBroken || count < 4 ? nil : times
  }
}
