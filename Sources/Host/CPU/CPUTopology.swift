/// Which CPUs there are and which of them share a core, a die or a package: `<sysfs>/devices/system/cpu`.
package struct CPUTopology: Sendable, Hashable {
  /// One CPU that is online; the kernel shows no topology of others.
  package struct CPU: Sendable, Hashable {
    package let number: Int
    /// `physical_package_id`; nil where the platform does not tell (the kernel then writes -1).
    package let package: Int?
    /// `die_id`; nil where not told. Numbers start anew in each package.
    package let die: Int?
    /// `thread_siblings_list`: the CPUs of the same core, itself included.
    package let siblings: [Int]

    package init(number: Int, paths: HostPaths) {
      let topology = paths.sys("devices/system/cpu/cpu\(number)/topology")
      self.number = number
      package = Self.identifier(topology + "/physical_package_id")
      die = Self.identifier(topology + "/die_id")
      siblings = (try? CPUList.read(topology + "/thread_siblings_list")) ?? [number]
    }

    // -1 and a missing file mean the same: the platform does not tell.
    private static func identifier(_ path: String) -> Int? {
      guard let value = try? SmallFile.unsigned(path) else { return nil }
      return Int(exactly: value)
    }
  }

  /// The CPUs that are online, in order.
  package let online: [CPU]
  /// The CPUs that could ever be: per-CPU BPF maps have a value for each.
  package let possible: [Int]

  package init(paths: HostPaths) throws(HostError) {
    let base = paths.sys("devices/system/cpu")
    possible = try CPUList.read(base + "/possible")
    online = try CPUList.read(base + "/online").map { CPU(number: $0, paths: paths) }
  }

  /// The online CPU of this number.
  package func cpu(_ number: Int) -> CPU? { online.first { $0.number == number } }
}
