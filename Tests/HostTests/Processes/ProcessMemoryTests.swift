import Fixtures
import Glibc
import Testing

@testable import Host

@Suite struct ResidentMemoryTests {
  private let tree: TemporaryTree

  init() throws { tree = try TemporaryTree() }

  @Test func fieldsArePagesAndNoneIsNil() throws {
    let memory = ProcessMemory(paths: tree.paths)
    try tree.write("7/statm", "900 25 3 1 0 60 0\n")
    try tree.write("8/statm", "0 0 0 0 0 0 0\n")
    try tree.write("9/task/11/statm", "9 18446744073709551615 1\n")
    #expect(memory.residentBytes(ofProcess: 7, thread: 7) == 25 * Kernel.pageSize)
    #expect(memory.residentBytes(ofProcess: 8, thread: 8) == nil)
    #expect(memory.residentBytes(ofProcess: 9, thread: 11) == nil)
    #expect(memory.residentBytes(ofProcess: 10, thread: 10) == nil)
    #expect(memory.openFiles == 1)
  }

  @Test func fileThatStaysOpenSaysWhatIsSoNow() throws {
    let memory = ProcessMemory(paths: HostPaths())
    let own = UInt32(getpid())
    let before = try #require(memory.residentBytes(ofProcess: own, thread: own))
    let size = 64 << 20
    let block = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0)
    defer { munmap(block, size) }
    let after = try #require(memory.residentBytes(ofProcess: own, thread: own))
    // others of this process may give back some meanwhile
    #expect(after > before + UInt64(size) / 2)
    #expect(memory.openFiles == 1)
  }

  @Test func endedProcessHasNoneAndItsFileIsClosed() throws {
    let memory = ProcessMemory(paths: HostPaths())
    var child: pid_t = 0
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("1000"), nil]
    defer { for argument in arguments { free(argument) } }
    try #require(posix_spawn(&child, "/bin/sleep", nil, nil, &arguments, environ) == 0)
    let pid = UInt32(child)
    #expect(memory.residentBytes(ofProcess: pid, thread: pid) != nil)
    #expect(memory.openFiles == 1)
    kill(child, SIGKILL)
    waitpid(child, nil, 0)
    #expect(memory.residentBytes(ofProcess: pid, thread: pid) == nil)
    #expect(memory.openFiles == 0)
  }

  @Test func anotherThreadsFileTakesThePlaceOfTheFirst() throws {
    let memory = ProcessMemory(paths: tree.paths)
    try tree.write("7/statm", "900 25 3\n")
    try tree.write("7/task/8/statm", "900 26 3\n")
    #expect(memory.residentBytes(ofProcess: 7, thread: 7) == 25 * Kernel.pageSize)
    #expect(memory.residentBytes(ofProcess: 7, thread: 8) == 26 * Kernel.pageSize)
    #expect(memory.openFiles == 1)
  }

  @Test func filesThatNobodyAsksForAreClosedAndTheirNumberIsBounded() throws {
    let memory = ProcessMemory(paths: tree.paths)
    for pid in UInt32(1)...300 {
      try tree.write("\(pid)/statm", "900 \(pid) 3\n")
      #expect(memory.residentBytes(ofProcess: pid, thread: pid) == UInt64(pid) * Kernel.pageSize)
    }
    #expect(memory.openFiles == 256)
    memory.closeUnused()
    for pid in UInt32(1)...5 { _ = memory.residentBytes(ofProcess: pid, thread: pid) }
    memory.closeUnused()
    #expect(memory.openFiles == 5)
  }
}
