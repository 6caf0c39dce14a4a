import Glibc

/// What memory processes have, as procfs says it at this moment.
///
/// Files of processes that are asked for again and again stay open: to open one takes longer than to read it.
package final class ProcessMemory {
  private final class OpenFile {
    let descriptor: FileDescriptor
    let thread: UInt32
    var round: UInt64

    init(_ descriptor: consuming FileDescriptor, thread: UInt32, round: UInt64) {
      self.descriptor = descriptor
      self.thread = thread
      self.round = round
    }
  }

  /// At most so many files stay open.
  private static let mostOpen = 256

  private let paths: HostPaths
  private var files: [UInt32: OpenFile] = [:]
  private var round: UInt64 = 0

  package init(paths: HostPaths) { self.paths = paths }

  /// How many files are open.
  package var openFiles: Int { files.count }

  /// Resident memory in bytes: the second field of `/proc/<pid>/statm`, which is in pages. Nil where the process, or its
  /// thread `thread`, has none, is gone, or is hidden.
  package func residentBytes(ofProcess pid: UInt32, thread: UInt32) -> UInt64? {
    if let file = files[pid] {
      // it is of one process, never of the next with its number: that is another file
      if file.thread == thread, let bytes = Self.residentBytes(file.descriptor) {
        file.round = round
        return bytes
      }
      files[pid] = nil
    }
    // a process whose first thread has ended goes on in the memory of another
    let place = pid == thread ? "\(pid)/statm" : "\(pid)/task/\(thread)/statm"
    guard let descriptor = try? FileDescriptor(opening: paths.proc(place)),
      let bytes = Self.residentBytes(descriptor)
    else { return nil }
    if files.count < Self.mostOpen { files[pid] = OpenFile(descriptor, thread: thread, round: round) }
    return bytes
  }

  /// Closes the files of processes that have not been asked for since the last call.
  package func closeUnused() {
    if files.values.contains(where: { $0.round != round }) { files = files.filter { $0.value.round == round } }
    round += 1
  }

  private static func residentBytes(_ file: borrowing FileDescriptor) -> UInt64? {
    withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { buffer in
      guard let count = try? file.readFromStart(into: buffer, path: "statm") else { return nil }
      var cursor = TextCursor(buffer.bindMemory(to: UInt8.self).span.extracting(0..<count))
      guard cursor.unsigned() != nil, cursor.skip(" "), let pages = cursor.unsigned() else { return nil }
      let (bytes, isTooLarge) = pages.multipliedReportingOverflow(by: Kernel.pageSize)
      return isTooLarge || bytes == 0 ? nil : bytes
    }
  }
}
