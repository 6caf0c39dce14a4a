import Glibc

/// What memory processes have, as procfs says it at this moment.
package enum ProcessMemory {
  /// Resident memory in bytes: the second field of `/proc/<pid>/statm`, which is in pages. Nil where the process, or its
  /// thread `thread`, has none, is gone, or is hidden.
  package static func residentBytes(ofProcess pid: UInt32, thread: UInt32, paths: HostPaths) -> UInt64? {
    // a process whose first thread has ended goes on in the memory of another
    let place = pid == thread ? "\(pid)/statm" : "\(pid)/task/\(thread)/statm"
    return withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { buffer in
      guard let file = try? FileDescriptor(opening: paths.proc(place)),
        let count = try? file.read(into: buffer, path: place)
      else { return nil }
      var cursor = TextCursor(buffer.bindMemory(to: UInt8.self).span.extracting(0..<count))
      guard cursor.unsigned() != nil, cursor.skip(" "), let pages = cursor.unsigned() else { return nil }
      let (bytes, isTooLarge) = pages.multipliedReportingOverflow(by: Kernel.pageSize)
      return isTooLarge || bytes == 0 ? nil : bytes
    }
  }
}
