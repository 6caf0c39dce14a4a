import ArgumentParser
import Host

/// Where the host's file systems are, seen from a container.
struct PathArguments: ParsableArguments {
  @Option(
    name: .customLong("path.procfs"), help: ArgumentHelp("Where the host's procfs is mounted.", valueName: "path"))
  var procfs = HostPaths().procfs

  @Option(name: .customLong("path.sysfs"), help: ArgumentHelp("Where the host's sysfs is mounted.", valueName: "path"))
  var sysfs = HostPaths().sysfs

  /// The folders, once they are known to be there.
  func paths() throws -> HostPaths {
    for (option, path) in [("procfs", procfs), ("sysfs", sysfs)] {
      do throws(SystemError) {
        _ = try Directory.count(path)
      } catch {
        throw StartError("--path.\(option): \(error)", cure: "give the directory where the host's \(option) is mounted")
      }
    }
    return HostPaths(procfs: procfs, sysfs: sysfs)
  }
}
