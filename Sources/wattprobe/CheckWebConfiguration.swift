import ArgumentParser
import Glibc
import Web

/// Says whether web configuration files can be used, without serving anything.
struct CheckWebConfiguration: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-web-config",
    abstract: "Check web configuration files, with the certificates and keys they name.",
    discussion: "Exits with 1 where one of them cannot be used. What may not be meant is a warning.")

  @Argument(help: ArgumentHelp("Web configuration files.", valueName: "path"))
  var paths: [String]

  func run() throws {
    var isWrong = false
    for path in paths {
      do throws(WebConfigurationFileError) {
        let warnings = try WebConfigurationSource.check(path: path)
        for warning in warnings { Terminal.write("\(warning) (warning)\n", to: STDERR_FILENO) }
        Terminal.write("\(path): can be used\n", to: STDOUT_FILENO)
      } catch {
        isWrong = true
        Terminal.write("\(error)\n", to: STDERR_FILENO)
      }
    }
    if isWrong { throw ExitCode.failure }
  }
}
