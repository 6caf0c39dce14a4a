import ByteText
import Glibc
import Host

/// A command, ready to be launched as often as is wanted, and as whom.
struct CommandLauncher {
  let arguments: [String]
  private let user: LaunchedCommand.User?
  private let environment: [String]

  /// - Parameter user: what --user says; nil: who called sudo, or else whoever this process is.
  init(_ arguments: [String], user option: String?) throws {
    self.arguments = arguments
    let variables = Self.variables()
    let starter = UserIdentity.current
    var asked = try option.map(Privileges.user)
    if option == nil, starter.isRoot, let user = variables["SUDO_UID"], let group = variables["SUDO_GID"] {
      asked = UserIdentity.find("\(user):\(group)")
      if asked == nil {
        throw StartError(
          "SUDO_UID and SUDO_GID are no user's: \(user.printable()) and \(group.printable())",
          cure: "unset them, or say with --user whom the command is to run as")
      }
    }
    guard let asked, asked.user != starter.user else {
      user = nil
      environment = variables.map { "\($0)=\($1)" }
      return
    }
    let chosen = LaunchedCommand.User(asked)
    user = chosen
    environment = Self.environment(variables, of: chosen).map { "\($0)=\($1)" }
  }

  /// What sudo says of itself goes, and what it says of root becomes the user's.
  static func environment(_ variables: [String: String], of user: LaunchedCommand.User) -> [String: String] {
    var result = variables.filter {
      !["SUDO_UID", "SUDO_GID", "SUDO_USER", "SUDO_COMMAND", "SUDO_HOME"].contains($0.key)
    }
    result["HOME"] = user.home
    result["SHELL"] = user.shell
    if let name = user.identity.name {
      result["USER"] = name
      result["LOGNAME"] = name
    }
    return result
  }

  private static func variables() -> [String: String] {
    var result: [String: String] = [:]
    var next = environ
    while let entry = next.pointee {
      let text = String(cString: entry)
      if let equals = text.firstIndex(of: "=") {
        result[String(text[..<equals])] = String(text[text.index(after: equals)...])
      }
      next += 1
    }
    return result
  }

  func launch() throws(SystemError) -> LaunchedCommand {
    try LaunchedCommand(arguments, environment: environment, as: user)
  }
}
