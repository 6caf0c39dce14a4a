/// A hierarchy of control groups that programs in the kernel can tell a task's group of.
package enum ControlGroupHierarchy: UInt32, Sendable, Hashable, CaseIterable {
  // as `enum cgroup_hierarchy`
  case unified
  case cpu
  case cpuacct
  case memory

  /// The path of a process in this hierarchy, in the text of `/proc/<pid>/cgroup` (cgroups(7)); nil where it has none.
  package func path(parsing text: String) -> String? {
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, parts[2].hasPrefix("/") else { continue }
      let controllers = parts[1].split(separator: ",")
      let isThis = self == .unified ? parts[0] == "0" && controllers.isEmpty : controllers.contains("\(self)")
      guard isThis else { continue }
      let path = parts[2].hasSuffix(" (deleted)") ? parts[2].dropLast(" (deleted)".count) : parts[2]
      return String(path)
    }
    return nil
  }

  /// The path of process `pid` in this hierarchy; nil where it has none, or is gone.
  package func path(ofProcess pid: UInt32, paths: HostPaths) -> String? {
    (try? SmallFile.text(paths.proc("\(pid)/cgroup"))).flatMap { path(parsing: $0) }
  }

  /// Whether any controller of this enumeration has a hierarchy of its own (version 1, or hybrid).
  package static func version1Exists(paths: HostPaths) -> Bool {
    guard let text = try? SmallFile.text(paths.proc("self/cgroup")) else { return false }
    return allCases.contains { $0 != .unified && $0.path(parsing: text) != nil }
  }
}
