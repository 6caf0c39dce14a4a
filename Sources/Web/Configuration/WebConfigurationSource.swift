package import Logging
import Synchronization

/// The web configuration file of a server (`--web.config.file`).
package final class WebConfigurationSource: Sendable {
  private let reader: Mutex<WebSettingsReader>
  /// As of the last reading: never waits for one.
  private let latest: Mutex<WebConfigurationState>
  /// As it was when the program began.
  let first: WebSettings

  /// Reads the file and those it names with the rights that the process has now; logs what may not be meant.
  /// Throws where it cannot be used.
  package init(
    path: String, timeouts: WebTimeouts = WebTimeouts(), logger: Logger
  ) throws(WebConfigurationFileError) {
    var reader = try WebSettingsReader(path: path, shutdownTimeout: timeouts.farewell, logger: logger)
    first = reader.read()
    latest = Mutex(WebConfigurationState(first))
    self.reader = Mutex(reader)
  }

  /// What may not be meant in a file, certificates and keys included; throws where it cannot be used.
  package static func check(path: String) throws(WebConfigurationFileError) -> [WebConfigurationFileWarning] {
    try WebSettingsReader.check(path: path, shutdownTimeout: WebTimeouts().farewell)
  }

  /// The files of certificates and keys that it names; none where it cannot be read.
  package static func files(namedIn path: String) -> [String] { WebSettingsReader.files(namedIn: path) }

  /// Blocks while files are read.
  func read() -> WebSettings {
    let settings = reader.withLock { $0.read() }
    latest.withLock { $0 = WebConfigurationState(settings) }
    return settings
  }

  /// As of the last reading.
  var state: WebConfigurationState { latest.withLock { $0 } }
}
