import Foundation
import Host

/// A procfs or sysfs of the test's own, removed with the object.
final class TemporaryTree {
  let root: String

  init() throws {
    root = NSTemporaryDirectory() + "/wattprobe-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  var paths: HostPaths { HostPaths(procfs: root, sysfs: root) }

  func path(_ relative: String) -> String { root + "/" + relative }

  func write(_ relative: String, _ text: String) throws { try write(relative, bytes: Array(text.utf8)) }

  func write(_ relative: String, bytes: [UInt8]) throws {
    let url = URL(fileURLWithPath: path(relative))
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  func folder(_ relative: String) throws {
    try FileManager.default.createDirectory(atPath: path(relative), withIntermediateDirectories: true)
  }

  func link(_ relative: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: path(relative), withDestinationPath: target)
  }

  func remove(_ relative: String) throws { try FileManager.default.removeItem(atPath: path(relative)) }
}

/// The error `body` throws, nil if it throws none.
func failure<Success: ~Copyable>(_ body: () throws(HostError) -> Success) -> HostError? {
  do throws(HostError) {
    _ = try body()
    return nil
  } catch {
    return error
  }
}

func systemFailure<Success: ~Copyable>(_ body: () throws(SystemError) -> Success) -> SystemError? {
  do throws(SystemError) {
    _ = try body()
    return nil
  } catch {
    return error
  }
}
