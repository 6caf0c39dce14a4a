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
    #expect(hierarchy.path(parsing: Self.hybrid) == path)
  }

  @Test func hierarchyThatIsNotThereHasNoPath() {
    #expect(ControlGroupHierarchy.unified.path(parsing: Self.version1) == nil)
    #expect(ControlGroupHierarchy.cpu.path(parsing: Self.version1) == nil)
    #expect(ControlGroupHierarchy.cpuacct.path(parsing: Self.version1) == "/a:b")
  }

  @Test(arguments: [(hybrid, true), (version1, true), ("0::/x\n", false), ("1:name=systemd:/\n0::/\n", false)])
  func version1IsThereWithAControllerOfItsOwn(text: String, exists: Bool) throws {
    let tree = try TemporaryTree()
    try tree.write("self/cgroup", text)
    #expect(ControlGroupHierarchy.version1Exists(paths: tree.paths) == exists)
  }
}
