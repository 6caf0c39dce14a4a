import Fixtures
import Foundation
import Glibc
import Synchronization
import Testing

@testable import Host

/// Counts calls and fails some of them.
final class Faults: Sendable {
  let opens = Atomic<Int>(0)
  let openError = Atomic<CInt>(0)
  let readError = Atomic<CInt>(0)

  var calls: FileCalls {
    let system = FileCalls()
    return FileCalls(
      open: { path in
        self.opens.add(1, ordering: .relaxed)
        let error = self.openError.load(ordering: .relaxed)
        return error != 0 ? -error : system.open(path)
      },
      read: { descriptor, path, buffer in
        let error = self.readError.load(ordering: .relaxed)
        return error != 0 ? -Int(error) : system.read(descriptor, path, buffer)
      })
  }
}

@Suite struct CounterFileTests {
  let tree: TemporaryTree
  let faults = Faults()
  init() throws { tree = try TemporaryTree() }

  /// Writes in place, as sysfs does: a descriptor that is open sees it.
  func overwrite(_ text: String) throws {
    let file = fopen(tree.path("counter"), "w")
    fputs(text, file)
    fclose(file)
  }

  @Test func oneDescriptorServesEveryReading() throws {
    try tree.write("counter", "1\n")
    let counter = CounterFile(tree.path("counter"), calls: faults.calls)
    #expect(try counter.read() == 1)
    try overwrite("22222222222\n")
    #expect(try counter.read() == 22_222_222_222)
    try overwrite("3\n")
    #expect(try counter.read() == 3)
    #expect(faults.opens.load(ordering: .relaxed) == 1)
  }

  @Test func failedReadingOpensAnew() throws {
    try tree.write("counter", "1\n")
    let counter = CounterFile(tree.path("counter"), calls: faults.calls)
    #expect(try counter.read() == 1)
    faults.readError.store(EINVAL, ordering: .relaxed)
    let error = failure { () throws(HostError) in try counter.read() }
    #expect(error == .system(SystemError(EINVAL, call: "read", path: tree.path("counter"))))
    faults.readError.store(0, ordering: .relaxed)
    // Another file under the same name: the old descriptor would still show the first.
    try tree.remove("counter")
    try tree.write("counter", "2\n")
    #expect(try counter.read() == 2)
    #expect(faults.opens.load(ordering: .relaxed) == 2)
  }

  @Test func refusalIsAMissingPermissionAndNoAbsence() throws {
    try tree.write("counter", "1\n")
    let counter = CounterFile(tree.path("counter"), calls: faults.calls)
    faults.openError.store(EACCES, ordering: .relaxed)
    let error = try #require(failure { () throws(HostError) in try counter.read() })
    #expect(error.isPermission && !error.isAbsence)
    #expect(error.description == "open \(tree.path("counter")): Permission denied")
    faults.openError.store(0, ordering: .relaxed)
    #expect(try counter.read() == 1)
  }

  @Test(arguments: [ENOENT, ENODEV, ENXIO])
  func absenceIsTold(code: CInt) throws {
    try tree.write("counter", "1\n")
    faults.readError.store(code, ordering: .relaxed)
    let counter = CounterFile(tree.path("counter"), calls: faults.calls)
    let error = try #require(failure { () throws(HostError) in try counter.read() })
    #expect(error.isAbsence && !error.isPermission)
  }

  @Test func realFailuresOfTheKernelAreToldApart() throws {
    try tree.folder("folder")
    let folder = CounterFile(tree.path("folder"))
    #expect(
      failure { () throws(HostError) in try folder.read() }
        == .system(SystemError(EISDIR, call: "read", path: tree.path("folder"))))
    try tree.link("loop", to: "loop")
    let loop = CounterFile(tree.path("loop"))
    #expect(
      failure { () throws(HostError) in try loop.read() }
        == .system(SystemError(ELOOP, call: "open", path: tree.path("loop"))))
  }

  @Test func textIsMalformed() throws {
    try tree.write("counter", "<unknown>\n")
    let counter = CounterFile(tree.path("counter"))
    #expect(
      failure { () throws(HostError) in try counter.read() }
        == .malformed(path: tree.path("counter"), expected: "a number", found: "<unknown>"))
  }
}
