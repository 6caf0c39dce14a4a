/// What `/proc/vmstat` counts of the OOM killer.
package enum OOMKills {
  /// Processes killed since boot, by the OOM killer of the machine or of a control group (`oom_kill`).
  package static func count(parsing bytes: Span<UInt8>, path: String = "vmstat") throws(HostError) -> UInt64 {
    var cursor = TextCursor(bytes)
    while !cursor.isAtEnd {
      if cursor.skip("oom_kill "), let count = cursor.unsigned() { return count }
      cursor.skipLine()
    }
    throw .malformed(path, expected: "an oom_kill line", in: bytes)
  }

  /// Those so far.
  package static func count(paths: HostPaths) throws(HostError) -> UInt64 {
    let path = paths.proc("vmstat")
    let bytes = try SmallFile.bytes(path)
    return try count(parsing: bytes.span, path: path)
  }
}
