import BPF
import Collectors
import Glibc
import Host
import Logging
import Web

/// What the running program may still do once everything is open.
enum Privileges {
  /// Leaves a cgroup namespace of its own, as Docker gives each container, so that control groups have their whole paths.
  static func seeAllControlGroups(options: CollectorOptions, logger: Logger) {
    guard !options.enabled.isDisjoint(with: ["process", "cgroup"]),
      Namespace.cgroup.isInitial(paths: options.paths) == false,
      // where there are no such collectors
      Namespace.pid.isInitial(paths: options.paths) != false
    else { return }
    do throws(SystemError) {
      try Namespace.enterCgroupNamespaceOfInit(paths: options.paths)
    } catch {
      logger.notice(
        "paths of control groups are shown without what they have in common with this one's",
        metadata: [
          "cause": "it runs in a cgroup namespace of its own: \(error)",
          "cure": "share the host's (--cgroupns=host), or run it privileged",
        ])
    }
  }

  /// Gives up all capabilities but those that later work needs, found by asking the kernel where it depends on it.
  static func drop(for web: WebConfiguration, options: CollectorOptions, logger: Logger) throws {
    var kept: Capabilities = []
    if Capabilities.withOnly([], { MapAccess.needsCapability() }) {
      let isEnough = !Capabilities.withOnly(.bpf) { MapAccess.needsCapability() }
      kept.insert(isEnough ? .bpf : .sysAdmin)
    }
    if web.listenAddresses.contains(where: { $0.port > 0 && $0.port < 1024 }) { kept.insert(.netBindService) }
    // energy_uj is its owner's alone, and a zone that returns has to be opened again
    if geteuid() != 0 && options.enabled.contains("energy") { kept.insert(.dacReadSearch) }
    do throws(SystemError) {
      try Capabilities.restrict(to: kept)
    } catch {
      throw StartError("cannot drop privileges: \(error)", cure: "report this with the kernel's version")
    }
    logger.debug("privileges dropped", metadata: ["kept": "\(String(kept.rawValue, radix: 16))"])
  }
}
