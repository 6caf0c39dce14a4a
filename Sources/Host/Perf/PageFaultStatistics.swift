/// What `/proc/vmstat` has of page faults, since boot and over all CPUs.
package struct PageFaultStatistics: Sendable, Hashable {
  /// All faults the memory management took part in (`pgfault`).
  package let total: UInt64
  /// Those that asked storage for their page (`pgmajfault`).
  package let major: UInt64

  package init(total: UInt64, major: UInt64) {
    self.total = total
    self.major = major
  }

  /// The statistics in the text of `/proc/vmstat`; `path` names the file in errors.
  package init(parsing bytes: Span<UInt8>, path: String = "vmstat") throws(HostError) {
    var total: UInt64?
    var major: UInt64?
    var cursor = TextCursor(bytes)
    while !cursor.isAtEnd && (total == nil || major == nil) {
      if cursor.skip("pgfault ") {
        total = cursor.unsigned()
      } else if cursor.skip("pgmajfault ") {
        major = cursor.unsigned()
      }
      cursor.skipLine()
    }
    guard let total else { throw .malformed(path, expected: "a pgfault line", in: bytes) }
    guard let major else { throw .malformed(path, expected: "a pgmajfault line", in: bytes) }
    self.init(total: total, major: major)
  }

  /// The statistics now.
  package init(paths: HostPaths) throws(HostError) {
    let path = paths.proc("vmstat")
    let bytes = try SmallFile.bytes(path)
    try self.init(parsing: bytes.span, path: path)
  }
}
