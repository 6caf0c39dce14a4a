import Fixtures
import Testing

@testable import Host

@Suite struct NamespaceTests {
  @Test(arguments: [
    ("pid:[4026531836]", "cgroup:[4026531835]", true), ("pid:[4026532267]", "cgroup:[4026532269]", false),
    ("pid:[0]", "nothing", nil),
  ])
  func machinesOwnIsKnownByItsNumber(pid: String, cgroup: String, isInitial: Bool?) throws {
    let tree = try TemporaryTree()
    try tree.write("self/cgroup", "0::/\n")
    #expect(Namespace.pid.isInitial(paths: tree.paths) == nil)
    try tree.write("self/ns/none", "")
    try tree.link("self/ns/pid", to: pid)
    try tree.link("self/ns/cgroup", to: cgroup)
    #expect(Namespace.pid.isInitial(paths: tree.paths) == (isInitial ?? false))
    #expect(Namespace.cgroup.isInitial(paths: tree.paths) == isInitial)
  }
}
