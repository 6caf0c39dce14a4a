import ArgumentParser
import Logging
import Web

/// Where and how metrics are served.
struct WebArguments: ParsableArguments {
  @Option(
    name: .customLong("web.listen-address"), parsing: .singleValue,
    help: ArgumentHelp(
      "Address to listen on, such as 127.0.0.1:9100 or [::1]:9100; may be repeated. (default: :10418)",
      valueName: "host:port"),
    transform: Self.listenAddress)
  var listenAddresses: [ListenAddress] = [WebConfiguration.defaultListenAddress]

  @Option(
    name: .customLong("web.telemetry-path"),
    help: ArgumentHelp("Path under which to serve the metrics.", valueName: "path"))
  var telemetryPath = WebConfiguration.defaultTelemetryPath

  @Option(
    name: .customLong("web.max-requests"), parsing: .unconditional,
    help: ArgumentHelp("Scrapes served at the same time; 0 for no limit.", valueName: "count"))
  var maxRequests = WebConfiguration.defaultMaxRequests

  @Flag(
    name: .customLong("web.created"),
    help: "Add _created to OpenMetrics text, for servers with created-timestamp-zero-ingestion; protobuf always has it."
  )
  var showsCreated = false

  @Flag(
    name: .customLong("web.native-histograms"),
    help: ArgumentHelp(
      "Make histograms of protobuf native ones as well, eight buckets to each power of two. Only for servers with native histograms on: others that ask for protobuf lose every histogram.",
      discussion: "docs/formats.md says what each server needs."))
  var hasNativeHistograms = false

  @Flag(
    name: .customLong("web.systemd-socket"),
    help: "Listen on the sockets that systemd passes, instead of --web.listen-address.")
  var usesSystemdSocket = false

  @Option(
    name: .customLong("web.config.file"),
    help: ArgumentHelp(
      "File with TLS, users, header fields and a limit on requests, as exporters have it; read anew as it changes.",
      valueName: "path"))
  var file: String?

  /// Reads the web configuration file with the rights that the process has by now; nil where there is none.
  func source(_ logger: Logger) throws -> WebConfigurationSource? {
    do throws(WebConfigurationFileError) {
      return try file.map { path throws(WebConfigurationFileError) in
        try WebConfigurationSource(path: path, logger: logger)
      }
    } catch {
      throw Self.failure(error)
    }
  }

  /// The web configuration file and those that it names; none where there is none, or it cannot be read.
  var files: [String] { file.map { [$0] + WebConfigurationSource.files(namedIn: $0) } ?? [] }

  /// Throws where the web configuration file could not be used, also with the rights that the process has still.
  func checkFile() throws {
    guard let file else { return }
    do throws(WebConfigurationFileError) {
      _ = try WebConfigurationSource.check(path: file)
    } catch {
      throw Self.failure(error)
    }
  }

  private static func failure(_ error: WebConfigurationFileError) -> StartError {
    StartError(
      error.description, cure: "correct it; `wattprobe check-web-config \(error.path)` tells whether it is right")
  }

  func configuration() throws -> WebConfiguration {
    do throws(WebConfigurationError) {
      return try WebConfiguration(
        listenAddresses: listenAddresses, telemetryPath: telemetryPath, maxRequests: maxRequests,
        showsCreated: showsCreated, hasNativeHistograms: hasNativeHistograms)
    } catch {
      throw StartError(error.message, cure: error.cure)
    }
  }

  private static func listenAddress(_ text: String) throws -> ListenAddress {
    do throws(ListenAddressError) {
      return try ListenAddress(parsing: text)
    } catch {
      throw ValidationError(error.description)
    }
  }
}
