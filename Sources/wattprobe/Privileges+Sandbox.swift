import Collectors
import Glibc
import Host
import Logging

extension Privileges {
  /// Of glibc's: names of hosts to listen on, and libraries.
  private static let settings = [
    "hosts", "resolv.conf", "nsswitch.conf", "host.conf", "gai.conf", "ld.so.cache", "localtime",
  ].map { "/etc/" + $0 }
  private static let libraries = [
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/nvidia",
  ]
  private static let devices = ["/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"]

  /// Decides what all threads can still do once everything is open.
  ///
  /// - Parameters:
  ///   - files: those of the web configuration; what is in their folders can be read, so that they can be replaced.
  ///   - ports: those it listens on.
  static func settleSandbox(_ options: CollectorOptions, files: [String], ports: [UInt16]) {
    var readable = ["/proc", "/sys", options.paths.proc(""), options.paths.sys("")]
    readable += settings + libraries + devices
    let library = options.enabled.contains("energy") ? options.energy.nvmlLibrary : nil
    let named = files + (library.map { $0.contains("/") ? [$0] : [] } ?? [])
    for file in named { readable += folders(of: file) }
    Sandbox.settled = Sandbox(
      reading: readable, devices: library == nil ? nil : Sandbox.Devices(folder: "/dev", prefix: "nvidia"),
      ports: ports)
  }

  /// The folder that the path is in, and where the file is that it leads to: links are replaced in one or the other.
  private static func folders(of file: String) -> [String] {
    let resolved = realpath(file, nil).map { pointer in
      defer { free(pointer) }
      return String(cString: pointer)
    }
    return [file, resolved].compactMap { path in
      guard let path else { return nil }
      guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
      return slash == path.startIndex ? "/" : String(path[..<slash])
    }
  }
}

extension Sandbox.Parts {
  /// One line with what the kernel has, and one for what it lacks, which only costs a line of defence.
  func log(to logger: Logger) {
    var parts: Logger.Metadata = [:]
    switch landlock {
    case .success(let version): parts["landlock"] = "\(version)"
    case .failure(let error): logger.debug("no Landlock", metadata: ["cause": "\(error)"])
    }
    switch seccomp {
    case .success: parts["seccomp"] = "filter"
    case .failure(let error): logger.debug("no seccomp filter", metadata: ["cause": "\(error)"])
    }
    if !parts.isEmpty { logger.info("sandboxed", metadata: parts) }
  }
}
