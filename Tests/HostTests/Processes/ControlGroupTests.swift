import Fixtures
import Testing

@testable import Host

/// Paths by hierarchy, as cgroups(7) describes `/proc/<pid>/cgroup`.
@Suite struct ControlGroupTests {
  private static let hybrid = """
    5:memory:/m
    4:cpu,cpuacct:/docker/0123
    1:name=systemd:/system.slice/docker.service
    0::/u (deleted)
    """
  private static let version1 = "3:cpuset:/\n2:cpuacct:/a:b\n1:name=systemd:/s\n"

  @Test(arguments: [
    (ControlGroupHierarchy.unified, "/u"), (.cpu, "/docker/0123"), (.cpuacct, "/docker/0123"), (.memory, "/m"),
  ])
  func pathIsThatOfTheHierarchy(hierarchy: ControlGroupHierarchy, path: String) {
    #expect(ControlGroups(parsing: Self.hybrid.utf8).path(in: hierarchy) == path)
  }

  /// As they are shown to a reader in a cgroup namespace of its own.
  @Test(arguments: [
    ("/../docker-0123.scope", "/docker-0123.scope"), ("/../../a.slice/..b", "/a.slice/..b"), ("/..", "/"),
    ("/../..", "/"), ("/..a/b", "/..a/b"), ("/own", "/own"),
  ])
  func wayUpFromOnesOwnGroupIsNoPartOfAPath(shown: String, path: String) {
    #expect(ControlGroups(parsing: "0::\(shown)\n".utf8).path(in: .unified) == path)
  }

  @Test func hierarchyThatIsNotThereHasNoPath() {
    #expect(ControlGroups(parsing: Self.version1.utf8).path(in: .unified) == nil)
    #expect(ControlGroups(parsing: Self.version1.utf8).path(in: .cpu) == nil)
    #expect(ControlGroups(parsing: Self.version1.utf8).path(in: .cpuacct) == "/a:b")
  }

  @Test(arguments: [(hybrid, true), (version1, true), ("0::/x\n", false), ("1:name=systemd:/\n0::/\n", false)])
  func version1IsThereWithAControllerOfItsOwn(text: String, exists: Bool) throws {
    let tree = try TemporaryTree()
    try tree.write("self/cgroup", text)
    #expect(ControlGroupHierarchy.version1Exists(paths: tree.paths) == exists)
  }

  @Test(arguments: [
    // Version 2 alone.
    ("0::/user.slice/session-1.scope\n", "/user.slice/session-1.scope"),
    // Hybrid: systemd's tree tells, the unified one is empty.
    ("5:memory:/other\n1:name=systemd:/system.slice/a.service\n0::/\n", "/system.slice/a.service"),
    // Hybrid with a path in the unified tree.
    ("1:name=systemd:/system.slice/a.service\n0::/b\n", "/b"),
    // Version 1 without systemd.
    ("4:memory:/m\n3:cpu,cpuacct:/docker/0123\n2:pids:/p\n", "/docker/0123"),
    ("4:memory:/m\n2:pids:/p\n1:name=systemd:/\n0::/\n", "/m"),
    ("4:memory:/m\n3:cpuacct:/c\n", "/c"),
    ("9:name=systemd:/\n1:cpu:/\n0::/\n", "/"),
    // Names may hold colons and spaces.
    ("0::/a:b c\n", "/a:b c"),
    ("0::/gone.scope (deleted)\n", "/gone.scope"),
    // Outside the reader's namespace.
    ("0::/../x\n", "/x"),
  ])
  func controlGroupIsTheMostTelling(text: String, group: String) {
    #expect(ControlGroups(parsing: text.utf8).mostTelling == group)
  }

  @Test func controlGroupOfNothingIsNone() {
    for text in ["", "garbage", "0::", "0:x", "2:pids:/p\n", "\r\n"] {
      #expect(ControlGroups(parsing: text.utf8).mostTelling == nil)
    }
  }

  /// A control group may be called whatever its owner likes: a combining mark swallows no separator, a carriage return ends no
  /// line, and what is no UTF-8 stays apart from what is.
  @Test(arguments: [
    (Array("0::/a\u{301}:b\n".utf8), "/a\u{301}:b"), (Array("0::\u{301}/x\n".utf8), nil),
    (Array("0::/a\r\n".utf8), "/a\r"),
    (Array("0::/".utf8) + [0xF8, 0x0A], "/\u{FFFD}f8"), (Array("0::/".utf8) + [0xF9, 0x0A], "/\u{FFFD}f9"),
    (Array("0::/\u{FFFD}f8\n".utf8), "/\u{FFFD}+f8"),
  ])
  func namesAreBytes(text: [UInt8], path: String?) {
    let found = ControlGroups(parsing: text).mostTelling
    #expect(found.map { Array($0.utf8) } == path.map { Array($0.utf8) })
  }

  @Test func groupsOfThisProcessAreRead() throws {
    #expect(try ControlGroups(of: "self", paths: HostPaths()).mostTelling?.hasPrefix("/") == true)
  }
}
