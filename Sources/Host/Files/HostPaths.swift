internal import ByteText

/// Where the host's file systems are seen: other places in a container (`/host/proc`) and in tests.
package struct HostPaths: Sendable, Hashable {
  package let procfs: String
  package let sysfs: String

  package init(procfs: String = "/proc", sysfs: String = "/sys") {
    self.procfs = procfs
    self.sysfs = sysfs
  }

  /// `relative` under procfs: `proc("stat")` is `/proc/stat`.
  package func proc(_ relative: String) -> String { Self.join(procfs, relative) }
  /// `relative` under sysfs.
  package func sys(_ relative: String) -> String { Self.join(sysfs, relative) }

  private static func join(_ base: String, _ relative: String) -> String {
    base.ends(with: "/") ? base + relative : base + "/" + relative
  }
}
