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
        total = Self.times(&cursor)
      } else if cursor.skip("cpu") {
        guard let number = cursor.unsigned(), let cpu = Int(exactly: number) else {
          throw .malformed(path, expected: "a CPU number", in: bytes.extracting(cursor.position...))
        }
        cpus[cpu] = Self.times(&cursor)
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

  /// The statistics now.
  package init(paths: HostPaths) throws(HostError) {
    let path = paths.proc("stat")
    var bytes: [UInt8] = []
    do throws(SystemError) { try SmallFile.read(path, into: &bytes) } catch { throw .system(error) }
    try self.init(parsing: bytes.span, path: path)
  }

  // Older kernels end the line sooner: what is not there is 0.
  private static func times(_ cursor: inout TextCursor) -> CPUTimes {
    func next() -> UInt64 {
      cursor.skipSpaces()
      return cursor.unsigned() ?? 0
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
    return times
  }
}
