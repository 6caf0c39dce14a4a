/// What `/proc/<pid>` tells of a process beyond its counters.
package enum ProcessFiles {
  /// `/proc/<pid>/comm`. A process may put any bytes there, newlines too; invalid UTF-8 is replaced.
  package static func comm(pid: Int32, paths: HostPaths) throws(SystemError) -> String {
    try SmallFile.text(paths.proc("\(pid)/comm"))
  }

  /// The control group a process is best known by, as `controlGroup(parsing:)` chooses it.
  package static func controlGroup(pid: Int32, paths: HostPaths) throws(HostError) -> String {
    let path = paths.proc("\(pid)/cgroup")
    let text: String
    do throws(SystemError) { text = try SmallFile.text(path) } catch { throw .system(error) }
    guard let group = controlGroup(parsing: text) else {
      throw .malformed(path: path, expected: "a control group", found: String(text.prefix(40)))
    }
    return group
  }

  /// The control group path in the text of `/proc/<pid>/cgroup` (cgroups(7)).
  ///
  /// The version 2 path (`0::/x`) where it is below the root. On hybrid and version 1 hosts that is absent or `/`; then the
  /// hierarchy of systemd, of the cpu controllers or of memory, whichever first is below the root. Nil for no path at all.
  package static func controlGroup(parsing text: String) -> String? {
    var best: (rank: Int, path: Substring)?
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, parts[2].hasPrefix("/") else { continue }
      var path = parts[2]
      if path.hasSuffix(" (deleted)") { path = path.dropLast(" (deleted)".count) }
      let rank = path == "/" ? Int.max : rank(hierarchy: parts[0], controllers: parts[1])
      guard let rank else { continue }
      if best == nil || rank < best!.rank { best = (rank, path) }
    }
    return best.map { String($0.path) }
  }

  private static func rank(hierarchy: Substring, controllers: Substring) -> Int? {
    if hierarchy == "0" && controllers.isEmpty { return 0 }
    let names = controllers.split(separator: ",")
    if names.contains("name=systemd") { return 1 }
    if names.contains("cpu") { return 2 }
    if names.contains("cpuacct") { return 3 }
    if names.contains("memory") { return 4 }
    return nil
  }
}
