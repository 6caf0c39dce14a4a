/// Where the host's file systems are seen: other places in a container (`/host/proc`) and in tests.
package struct HostPaths: Sendable, Hashable {
  package let procfs: String
  package let sysfs: String
  package let rootfs: String

  package init(procfs: String = "/proc", sysfs: String = "/sys", rootfs: String = "/") {
    self.procfs = procfs
    self.sysfs = sysfs
    self.rootfs = rootfs
  }

  /// `relative` under procfs: `proc("stat")` is `/proc/stat`.
  package func proc(_ relative: String) -> String { Self.join(procfs, relative) }
  /// `relative` under sysfs.
  package func sys(_ relative: String) -> String { Self.join(sysfs, relative) }
  /// `relative` under the root file system.
  package func root(_ relative: String) -> String { Self.join(rootfs, relative) }

  private static func join(_ base: String, _ relative: String) -> String {
    base.hasSuffix("/") ? base + relative : base + "/" + relative
  }
}
