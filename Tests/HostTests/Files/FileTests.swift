import Fixtures
import Foundation
import Glibc
import Testing

@testable import Host

@Suite struct FileTests {
  let tree: TemporaryTree
  init() throws { tree = try TemporaryTree() }

  @Test func errorNamesCallPathAndCause() {
    let error = systemFailure { () throws(SystemError) in try FileDescriptor(opening: "/nowhere/at/all") }
    #expect(error?.errno == ENOENT)
    #expect(error?.description == "open /nowhere/at/all: No such file or directory")
  }

  @Test func descriptorIsClosedAtTheEndOfItsLife() throws {
    try tree.write("owned", "")
    let file = try FileDescriptor(opening: tree.path("owned"))
    let number = file.rawValue
    #expect(fcntl(number, F_GETFD) == FD_CLOEXEC)
    _ = consume file
    // Another test may have got the number meanwhile, but then for another file.
    var name = [CChar](repeating: 0, count: 256)
    let length = readlink("/proc/self/fd/\(number)", &name, 255)
    #expect(length < 0 || !String(decoding: name.prefix(length).map(UInt8.init), as: UTF8.self).hasSuffix("/owned"))
  }

  @Test(arguments: [0, 1, 4095, 4096, 4097, 20_000])
  func wholeFileIsRead(size: Int) throws {
    let content = (0..<size).map { UInt8($0 % 251) }
    try tree.write("file", bytes: content)
    var bytes: [UInt8] = [1, 2, 3]
    try SmallFile.read(tree.path("file"), into: &bytes)
    #expect(bytes == content)
  }

  /// As procfs hands out its longer files.
  @Test func fileThatComesInPiecesIsRead() throws {
    let content = (0..<20_000).map { UInt8($0 % 251) }
    let path = tree.path("pieces")
    #expect(mkfifo(path, 0o600) == 0)
    let writer = Thread {
      guard let file = try? FileDescriptor(opening: path, O_WRONLY) else { return }
      for start in stride(from: 0, to: content.count, by: 1_111) {
        content[start..<min(start + 1_111, content.count)].withUnsafeBytes {
          _ = write(file.rawValue, $0.baseAddress, $0.count)
        }
        usleep(2_000)
      }
    }
    writer.start()
    var bytes: [UInt8] = []
    try SmallFile.read(path, into: &bytes)
    #expect(bytes == content)
  }

  @Test func shorterFileLeavesNothingOfTheLongerOneInTheBuffer() throws {
    try tree.write("long", bytes: Array(repeating: 7, count: 9000))
    try tree.write("short", "x")
    var bytes: [UInt8] = []
    try SmallFile.read(tree.path("long"), into: &bytes)
    try SmallFile.read(tree.path("short"), into: &bytes)
    #expect(bytes == [UInt8(ascii: "x")])
  }

  @Test func failedReadingLeavesNoOldBytes() {
    var bytes: [UInt8] = [1]
    let error = systemFailure { () throws(SystemError) in try SmallFile.read(tree.root, into: &bytes) }
    #expect(error == SystemError(EISDIR, call: "read", path: tree.root))
    #expect(bytes.isEmpty)
  }

  @Test(arguments: [
    ("0", 0), ("42\n", 42), ("18446744073709551615\n", UInt64.max), ("007", 7),
  ])
  func numberIsRead(text: String, value: UInt64) throws {
    try tree.write("number", text)
    #expect(try SmallFile.unsigned(tree.path("number")) == value)
  }

  @Test(arguments: ["", "\n", "-1", "18446744073709551616", "99999999999999999999", "12 34", "1\n\n", "0x10", "N/A\n"])
  func whatIsNoNumberIsRefusedByName(text: String) throws {
    try tree.write("number", text)
    let error = failure { () throws(HostError) in try SmallFile.unsigned(tree.path("number")) }
    #expect(error?.path == tree.path("number") && error?.isAbsence == false)
  }

  @Test func malformedMessageQuotesTheFile() throws {
    try tree.write("number", "<not supported>\n")
    let error = failure { () throws(HostError) in try SmallFile.unsigned(tree.path("number")) }
    #expect(error?.description == "\(tree.path("number")): expected a number, found \"<not supported>\"")
  }

  @Test func directoryIsListedWithoutItself() throws {
    try tree.write("folder/a", "")
    try tree.folder("folder/b")
    #expect(try Directory.names(tree.path("folder")).sorted() == ["a", "b"])
    #expect(try Directory.count(tree.path("folder")) == 2)
    let error = systemFailure { () throws(SystemError) in try Directory.names(tree.path("none")) }
    #expect(error == SystemError(ENOENT, call: "opendir", path: tree.path("none")))
  }

  /// A device or a file of a mistake is not read without end.
  @Test func filesAreReadUpToABound() throws {
    var bytes: [UInt8] = []
    let error = systemFailure { () throws(SystemError) in try SmallFile.read("/dev/zero", into: &bytes) }
    #expect(error == SystemError(EFBIG, call: "read", path: "/dev/zero"))
    #expect(bytes.isEmpty)
    try tree.write("large", String(repeating: "x", count: 1001))
    let small = systemFailure { () throws(SystemError) in try SmallFile.text(tree.path("large"), most: 1000) }
    #expect(small?.errno == EFBIG)
    #expect(try SmallFile.text(tree.path("large"), most: 1001).utf8.count == 1001)
  }

  @Test func pathsAreJoinedOnce() {
    #expect(HostPaths().proc("stat") == "/proc/stat")
    #expect(HostPaths(sysfs: "/host/sys").sys("class/powercap") == "/host/sys/class/powercap")
  }
}
