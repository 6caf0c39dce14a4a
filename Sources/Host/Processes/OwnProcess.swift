internal import CHost
import Glibc

/// This process's own figures, as every Prometheus client exports them.
package enum OwnProcess {
  /// CPU time of all threads since the start, user and system, in nanoseconds: `CLOCK_PROCESS_CPUTIME_ID`.
  package static var cpuNanoseconds: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// CPU time of the calling thread since its start: `CLOCK_THREAD_CPUTIME_ID`.
  package static var threadNanoseconds: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// Resident memory in bytes: the second field of `/proc/self/statm`, which is in pages.
  package static func residentBytes(paths: HostPaths) throws(HostError) -> UInt64 {
    let path = paths.proc("self/statm")
    let bytes = try SmallFile.bytes(path)
    var cursor = TextCursor(bytes.span)
    guard cursor.unsigned() != nil, cursor.skip(" "), let pages = cursor.unsigned() else {
      throw .malformed(path, expected: "two page counts", in: bytes.span)
    }
    let (bytesResident, isTooLarge) = pages.multipliedReportingOverflow(by: Kernel.pageSize)
    if isTooLarge { throw .malformed(path, expected: "two page counts", in: bytes.span) }
    return bytesResident
  }

  /// Open descriptors, without the one this count needs.
  package static func openDescriptors(paths: HostPaths) throws(SystemError) -> Int {
    let path = paths.proc("self/fd")
    let known = chost_open_descriptors(path)
    if known > 0 { return known }
    return max(0, try Directory.count(path) - 1)
  }

  /// Bytes of kernel memory of an eBPF map that this process has open, as `/proc/self/fdinfo` has them (`memlock`): what it
  /// really takes since Linux 6.4, without what task storage holds, and before an estimate from its limits.
  package static func mapBytes(descriptor: Int32, paths: HostPaths) throws(HostError) -> UInt64 {
    let path = paths.proc("self/fdinfo/\(descriptor)")
    let bytes = try SmallFile.bytes(path)
    var cursor = TextCursor(bytes.span)
    while !cursor.isAtEnd {
      if cursor.skip("memlock:\t"), let bytes = cursor.unsigned() { return bytes }
      cursor.skipLine()
    }
    throw .malformed(path, expected: "memlock of a map", in: bytes.span)
  }

  /// Raises the soft limit of open descriptors to the hard one: events are opened for each CPU, and a shell's usual 1024 are
  /// few on large machines. Where that is refused, what cannot be opened says so.
  package static func raiseDescriptorLimit() { _ = chost_raise_descriptor_limit() }

  /// When this process began, in seconds since the epoch, to a hundredth.
  package static func startTime(paths: HostPaths) throws(HostError) -> Double {
    let path = paths.proc("self/stat")
    let bytes = try SmallFile.bytes(path)
    let ticks = try startTicks(parsing: bytes.span, path: path)
    let bootTime = try SystemStatistics(paths: paths).bootTime
    return Double(bootTime) + Double(ticks) / Double(Kernel.ticksPerSecond)
  }

  /// Field 22 (`starttime`) of `/proc/<pid>/stat`: ticks after boot.
  ///
  /// The second field is the name in parentheses, which may hold spaces and parentheses: fields count from the last `)`.
  static func startTicks(parsing bytes: Span<UInt8>, path: String) throws(HostError) -> UInt64 {
    var end = bytes.count
    while end > 0 && bytes[end - 1] != UInt8(ascii: ")") { end -= 1 }
    var cursor = TextCursor(bytes.extracting(end...))
    for _ in 3...22 {
      cursor.skip(to: UInt8(ascii: " "))
      cursor.skipSpaces()
    }
    guard end > 0, let ticks = cursor.unsigned() else {
      throw .malformed(path, expected: "22 fields", in: bytes)
    }
    return ticks
  }
}
