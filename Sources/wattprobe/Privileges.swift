import BPF
import Collectors
import Glibc
import Host
import Logging
import Web

/// What the running program may still do once everything is open, and who it is then.
enum Privileges {
  /// Decides whom the program becomes once everything is open; `option` is what the command line says.
  static func settleUser(_ option: String?, logger: Logger) throws {
    let chosen = try option.map(user)
    guard UserIdentity.current.isRoot else { return }
    if let chosen, chosen.isRoot { return logger.notice("it remains root, as --user says") }
    let user = chosen ?? .ordinary
    if let obstacle = user.obstacle {
      if chosen != nil { throw StartError("--user: it cannot become \(user): \(obstacle)", cure: "leave --user out") }
      return logger.warning(
        "it remains user 0",
        metadata: [
          "cause": "\(obstacle)", "cure": "grant CAP_SETUID and CAP_SETGID, or start it as a user of its own",
        ])
    }
    UserIdentity.toBecome = user
  }

  /// The user of --user, whom this process can be, or become.
  static func user(_ option: String) throws -> UserIdentity {
    guard let user = UserIdentity.find(option) else {
      throw StartError(
        "--user: there is no user \"\(option)\"", cure: "give the name of a user, or numbers as UID or UID:GID")
    }
    let starter = UserIdentity.current
    if !starter.isRoot, user.user != starter.user {
      throw StartError(
        "--user: started by user \(starter.user), it cannot become \(user)",
        cure: "start it as root, or leave --user out")
    }
    return user
  }

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

  /// Becomes the user that was settled upon, and gives up all capabilities but those that later work needs, found by asking
  /// the kernel where it depends on it.
  static func drop(for web: WebConfiguration, logger: Logger) throws {
    var kept: Capabilities = []
    if Capabilities.withOnly([], { MapAccess.needsCapability() }) {
      let isEnough = !Capabilities.withOnly(.bpf) { MapAccess.needsCapability() }
      kept.insert(isEnough ? .bpf : .sysAdmin)
    }
    if web.listenAddresses.contains(where: { $0.port > 0 && $0.port < 1024 }) { kept.insert(.netBindService) }
    let sandbox: Sandbox.Parts?
    do throws(SystemError) {
      sandbox = try Capabilities.restrict(to: kept)
    } catch {
      throw StartError("cannot drop privileges: \(error)", cure: "report this with the kernel's version")
    }
    let user = UserIdentity.toBecome ?? .current
    logger.debug(
      "privileges dropped", metadata: ["user": "\(user)", "kept": "\(String(kept.rawValue, radix: 16))"])
    sandbox?.log(to: logger)
  }
}
