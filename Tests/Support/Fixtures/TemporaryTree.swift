internal import Foundation
package import Host

/// A folder of the test's own, such as a procfs or sysfs; removed with the object.
package final class TemporaryTree: Sendable {
  package let root: String

  package init() throws {
    root = FileManager.default.temporaryDirectory.appending(path: "wattprobe-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  /// The tree as procfs and sysfs.
  package var paths: HostPaths { HostPaths(procfs: root, sysfs: root) }

  package func path(_ relative: String) -> String { root + "/" + relative }

  /// Writes a file in place, as sysfs: a descriptor that is open sees it. Folders above it are made. Returns its path.
  @discardableResult
  package func write(_ relative: String, _ text: String) throws -> String {
    try write(relative, bytes: Array(text.utf8))
  }

  @discardableResult
  package func write(_ relative: String, bytes: [UInt8]) throws -> String {
    let url = URL(fileURLWithPath: path(relative))
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
    return url.path
  }

  package func folder(_ relative: String) throws {
    try FileManager.default.createDirectory(atPath: path(relative), withIntermediateDirectories: true)
  }

  package func link(_ relative: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: path(relative), withDestinationPath: target)
  }

  package func remove(_ relative: String) throws { try FileManager.default.removeItem(atPath: path(relative)) }
}
