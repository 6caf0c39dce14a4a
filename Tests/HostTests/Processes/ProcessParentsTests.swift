import Fixtures
import Glibc
import Testing

@testable import Host

@Suite struct ProcessParentsTests {
  @Test func parentsAreFollowedToTheFirstProcess() throws {
    let tree = try TemporaryTree()
    try tree.write("1/stat", "1 (init) S 0 1 1 0\n")
    try tree.write("10/stat", "10 (a) b) R 7 (c) S 1 10 10 0\n")
    try tree.write("11/stat", "11 (\u{301}) (\n) S 10 11\n")
    try tree.write("12/stat", "12 (broken")
    try tree.write("13/stat", "13 (large) S 4294967296 1\n")
    #expect(ProcessParents.above([11, 12, 13, 99], paths: tree.paths) == [11: 10, 10: 1, 1: 0])
  }

  @Test func circlesEnd() throws {
    let tree = try TemporaryTree()
    try tree.write("5/stat", "5 (a) S 6 1\n")
    try tree.write("6/stat", "6 (b) S 5 1\n")
    #expect(ProcessParents.above([5], paths: tree.paths) == [5: 6, 6: 5])
  }

  @Test func theKernelSaysTheSame() {
    let own = UInt32(getpid())
    #expect(ProcessParents.above([own], paths: HostPaths())[own] == UInt32(getppid()))
  }
}
