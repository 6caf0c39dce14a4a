internal import ByteText

/// A web configuration file as exporters have it (`--web.config.file`), parsed: what it says, without the files it names.
struct WebConfigurationFile: Sendable, Hashable {
  let path: String
  /// nil: plain HTTP.
  let tls: TLSSection?
  let headers: ResponseHeaders
  let rateLimit: RateLimit?
  /// Empty: everybody is let in.
  let users: [[UInt8]: BcryptHash]
  let warnings: [WebConfigurationFileWarning]

  private static let keys: Set<String> = [
    "tls_server_config", "http_server_config", "rate_limit", "basic_auth_users",
  ]
  /// A login of this cost takes longer than a second.
  private static let slowCost = 14

  /// Throws the first thing that is wrong, with its line.
  init(parsing bytes: [UInt8], path: String) throws(WebConfigurationFileError) {
    do throws(WebConfigurationFileError) {
      try self.init(YAMLParser.parse(bytes), path: path)
    } catch {
      throw error.inFile(path)
    }
  }

  private init(_ document: YAMLValue, path: String) throws(WebConfigurationFileError) {
    self.path = path
    var warnings: [WebConfigurationFileWarning] = []
    func warn(_ text: String, _ line: Int) {
      warnings.append(WebConfigurationFileWarning(path: path, line: line, text: text))
    }
    let file = try YAMLSection(document, name: "", keys: Self.keys)

    tls = try file.value("tls_server_config").flatMap { found throws(WebConfigurationFileError) in
      try TLSSection(found.value, folder: Self.folder(of: path), warn: warn)
    }
    if tls == nil, let line = file.line(of: "tls_server_config") {
      warn("tls_server_config has neither certificate nor key: TLS is off", line)
    }

    if let value = file.value("http_server_config")?.value {
      let section = try YAMLSection(value, name: "http_server_config", keys: ["headers", "http2"])
      // HTTP/2 is never spoken, which clients learn by ALPN
      _ = try section.flag("http2")
      headers =
        try section.value("headers").map { found throws(WebConfigurationFileError) in
          try ResponseHeaders(found.value)
        } ?? ResponseHeaders()
    } else {
      headers = ResponseHeaders()
    }

    if let value = file.value("rate_limit")?.value {
      rateLimit = try RateLimit(YAMLSection(value, name: "rate_limit", keys: ["burst", "interval"]), warn: warn)
    } else {
      rateLimit = nil
    }

    users = try Self.users(file.value("basic_auth_users")?.value, warn: warn)
    if let line = file.line(of: "basic_auth_users") {
      if users.isEmpty {
        warn("basic_auth_users has no users: everybody is let in", line)
      } else if tls == nil {
        warn("basic_auth_users without TLS: whoever sees the traffic reads the passwords", line)
      }
    }
    self.warnings = warnings
  }

  private static func users(
    _ value: YAMLValue?, warn: (String, Int) -> Void
  ) throws(WebConfigurationFileError) -> [[UInt8]: BcryptHash] {
    guard let value else { return [:] }
    var users: [[UInt8]: BcryptHash] = [:]
    for entry in try YAMLSection.entries(value, name: "basic_auth_users") {
      let name = "the hash of \"\(entry.key.printable())\""
      let text = try YAMLSection.text(entry.value, name: name) ?? ""
      let hash: BcryptHash
      do throws(BcryptHashError) {
        hash = try BcryptHash(parsing: text)
      } catch {
        throw WebConfigurationFileError("\(name) \(error.problem)", line: entry.line)
      }
      if entry.key.utf8.contains(UInt8(ascii: ":")) {
        warn("\"\(entry.key.printable())\" can never log in: the name has a colon", entry.line)
      } else if !hash.isMatchable {
        warn("\(name) is damaged: no password matches it", entry.line)
      }
      if hash.cost >= slowCost {
        warn("\(name) has the cost \(hash.cost): a login takes seconds, and others wait for it", entry.line)
      }
      users[Array(entry.key.utf8)] = hash
    }
    return users
  }

  /// With a slash at its end; empty where the path has none.
  private static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
    return String(path[...slash])
  }
}
