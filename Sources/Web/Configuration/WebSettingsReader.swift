import Logging

/// Reads a web configuration file and those it names, again and again, and keeps what was last good.
///
/// Content decides, not times: whatever is in the files when `read` begins is in use when it returns. Where they are not as they should be
/// the last good ones stay: the whole file where itself is wrong, certificate and key where those are. Each change is
/// logged once. Blocks.
struct WebSettingsReader {
  /// What was tried last, whatever became of it.
  private struct Attempt: Equatable {
    let file: WebConfigurationFile
    let files: Result<TLSIdentity.Files, WebConfigurationFileError>?
  }

  private let path: String
  private let shutdownTimeout: Duration
  private let logger: Logger
  private var content: Result<[UInt8], WebConfigurationFileError>
  private var parsed: Result<WebConfigurationFile, WebConfigurationFileError>
  private var attempt: Attempt
  private var tlsFiles: TLSIdentity.Files?
  private var settings: WebSettings
  private var fileFailure: String?
  private var applyFailure: String?

  /// Throws where it cannot be used as it is.
  init(path: String, shutdownTimeout: Duration, logger: Logger) throws(WebConfigurationFileError) {
    self.path = path
    self.shutdownTimeout = shutdownTimeout
    self.logger = logger
    let content = Self.content(path)
    let file = try WebConfigurationFile(parsing: content.get(), path: path)
    let (tls, files, warnings) = try Self.tls(of: file, shutdownTimeout)
    self.content = content
    parsed = .success(file)
    attempt = Attempt(file: file, files: files.map { .success($0) })
    tlsFiles = files
    settings = WebSettings(file: file, tls: tls, tlsNumber: 0)
    for warning in file.warnings + warnings { log(warning) }
  }

  /// All there is to say against a file that can be used; throws where it cannot.
  static func check(
    path: String, shutdownTimeout: Duration
  ) throws(WebConfigurationFileError) -> [WebConfigurationFileWarning] {
    let file = try WebConfigurationFile(parsing: content(path).get(), path: path)
    return try file.warnings + tls(of: file, shutdownTimeout).warnings
  }

  /// The files that it names; none where it is wrong.
  static func files(namedIn path: String) -> [String] {
    guard let content = try? content(path).get(), let file = try? WebConfigurationFile(parsing: content, path: path),
      let tls = file.tls
    else { return [] }
    return [tls.certificate, tls.key, tls.clientAuthority].compactMap { source in
      if case .file(let path) = source?.pem { path } else { nil }
    }
  }

  /// Reads all files; returns what is to be used.
  mutating func read() -> WebSettings {
    let content = Self.content(path)
    if content != self.content {
      self.content = content
      do throws(WebConfigurationFileError) {
        parsed = .success(try WebConfigurationFile(parsing: content.get(), path: path))
        fileFailure = nil
      } catch {
        parsed = .failure(error)
        fileFailure = error.description
        report(error, "the web configuration file is wrong: what it said before stays in use")
      }
    }
    let file = (try? parsed.get()) ?? settings.file
    let files = file.tls.map { section in
      Result { () throws(WebConfigurationFileError) in try TLSIdentity.Files(section) }
    }
    let attempt = Attempt(file: file, files: files)
    if attempt != self.attempt {
      self.attempt = attempt
      apply(file, files)
    }
    settings.failure = fileFailure ?? applyFailure
    return settings
  }

  private mutating func apply(
    _ file: WebConfigurationFile, _ files: Result<TLSIdentity.Files, WebConfigurationFileError>?
  ) {
    applyFailure = nil
    do throws(WebConfigurationFileError) {
      var warnings = file.warnings
      if file.tls == settings.file.tls, try files?.get() == tlsFiles {
        settings = WebSettings(file: file, tls: settings.tls, tlsNumber: settings.tlsNumber)
      } else {
        let (tls, files, more) = try Self.tls(of: file, shutdownTimeout)
        warnings += more
        settings = WebSettings(file: file, tls: tls, tlsNumber: settings.tlsNumber &+ 1)
        tlsFiles = files
      }
      logger.info("web configuration changed", metadata: ["file": "\(path)", "tls": "\(settings.tls != nil)"])
      for warning in warnings { log(warning) }
    } catch {
      let error = error.inFile(path)
      applyFailure = error.description
      if file.tls == settings.file.tls {
        // Certificate or key are wrong, the file is not: who may log in is as it says.
        settings = WebSettings(file: file, tls: settings.tls, tlsNumber: settings.tlsNumber)
        report(error, "a file of TLS is wrong: the certificate in use stays")
      } else {
        report(error, "a file of TLS is wrong: what the web configuration file said before stays in use")
      }
    }
  }

  private func report(_ error: WebConfigurationFileError, _ message: Logger.Message) {
    logger.error(message, metadata: ["cause": "\(error)", "cure": "correct it, which is noticed at once"])
  }

  private func log(_ warning: WebConfigurationFileWarning) {
    logger.warning("web configuration: \(warning.text)", metadata: ["file": "\(path):\(warning.line ?? 1)"])
  }

  private static func content(_ path: String) -> Result<[UInt8], WebConfigurationFileError> {
    Result { () throws(WebConfigurationFileError) in
      do throws(WebConfigurationFileError) {
        return try RegularFile.read(path)
      } catch {
        throw error.inFile(path)
      }
    }
  }

  private static func tls(
    of file: WebConfigurationFile, _ shutdownTimeout: Duration
  ) throws(WebConfigurationFileError) -> (
    identity: TLSIdentity?, files: TLSIdentity.Files?, warnings: [WebConfigurationFileWarning]
  ) {
    guard let section = file.tls else { return (nil, nil, []) }
    var warnings: [WebConfigurationFileWarning] = []
    do throws(WebConfigurationFileError) {
      let files = try TLSIdentity.Files(section)
      let identity = try TLSIdentity(section, files, shutdownTimeout: shutdownTimeout) { text, line in
        warnings.append(WebConfigurationFileWarning(path: file.path, line: line, text: text))
      }
      return (identity, files, warnings)
    } catch {
      throw error.inFile(file.path)
    }
  }
}
