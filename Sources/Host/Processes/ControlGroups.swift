/// The control groups of a process, as `/proc/<pid>/cgroup` lists them (cgroups(7)): one for each hierarchy.
package struct ControlGroups: Sendable, Hashable {
  /// A line: `hierarchy:controllers:path`.
  struct Membership: Sendable, Hashable {
    /// Version 2: `0`, without controllers.
    let isUnified: Bool
    /// Those of version 1, such as `cpu`, and names of hierarchies without any, `name=systemd`.
    let controllers: [String]
    /// Below the root of the hierarchy, `/` itself at the root; different names are different text.
    let path: String
  }

  let memberships: [Membership]

  /// The bytes of the file; lines that are none are left out.
  ///
  /// To a reader in a cgroup namespace of its own, paths of others begin above its root, `/../docker-0123.scope`: what
  /// the names there are is not told, so they are left out, as far as the way up.
  package init(parsing text: some Collection<UInt8>) {
    memberships = text.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, parts[2].first == UInt8(ascii: "/") else { return nil }
      let controllers = parts[1].split(separator: UInt8(ascii: ",")).map { String(decoding: $0, as: UTF8.self) }
      let path = Self.withoutWayUp(parts[2])
      let deleted = Array(" (deleted)".utf8)
      return Membership(
        isUnified: parts[0].elementsEqual("0".utf8) && controllers.isEmpty, controllers: controllers,
        path: String(
          distinguishing: path.suffix(deleted.count) == deleted[...] ? path.dropLast(deleted.count) : path[...]))
    }
  }

  /// The path below the `/..`s it begins with; `/` where there is nothing else.
  private static func withoutWayUp(_ path: some Sequence<UInt8>) -> [UInt8] {
    let up = Array("/..".utf8)
    var rest = Array(path)[...]
    while rest.starts(with: up), rest.count == up.count || rest[rest.startIndex + up.count] == UInt8(ascii: "/") {
      rest = rest.dropFirst(up.count)
    }
    return rest.isEmpty ? [UInt8(ascii: "/")] : Array(rest)
  }

  /// Those of process `pid`, or of this one (`self`).
  package init(of pid: String, paths: HostPaths) throws(SystemError) {
    var bytes: [UInt8] = []
    try SmallFile.read(paths.proc("\(pid)/cgroup"), into: &bytes)
    self.init(parsing: bytes)
  }

  /// The path in a hierarchy; nil where it has none.
  package func path(in hierarchy: ControlGroupHierarchy) -> String? {
    memberships.first {
      hierarchy == .unified ? $0.isUnified : $0.controllers.contains("\(hierarchy)")
    }?.path
  }

  /// The path a process is best known by; nil where it has none.
  ///
  /// That of version 2 where it is below the root. On hybrid and version 1 hosts that is absent or `/`; then that in the
  /// hierarchy of systemd, of the cpu controllers or of memory, whichever first is below the root.
  package var mostTelling: String? {
    var best: (rank: Int, path: String)?
    for one in memberships {
      guard let rank = one.path == "/" ? Int.max : Self.rank(one) else { continue }
      if best == nil || rank < best!.rank { best = (rank, one.path) }
    }
    return best?.path
  }

  private static func rank(_ one: Membership) -> Int? {
    if one.isUnified { return 0 }
    return ["name=systemd", "cpu", "cpuacct", "memory"].firstIndex { one.controllers.contains($0) }.map { $0 + 1 }
  }
}

/// A hierarchy of control groups that programs in the kernel can tell a task's group of.
package enum ControlGroupHierarchy: UInt32, Sendable, Hashable, CaseIterable {
  // as `enum cgroup_hierarchy`
  case unified
  case cpu
  case cpuacct
  case memory

  /// Whether any controller of this enumeration has a hierarchy of its own (version 1, or hybrid).
  package static func version1Exists(paths: HostPaths) -> Bool {
    guard let groups = try? ControlGroups(of: "self", paths: paths) else { return false }
    return allCases.contains { $0 != .unified && groups.path(in: $0) != nil }
  }
}
