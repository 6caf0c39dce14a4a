import ArgumentParser
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
    name: .customLong("web.systemd-socket"),
    help: "Listen on the sockets that systemd passes, instead of --web.listen-address.")
  var usesSystemdSocket = false

  func configuration() throws -> WebConfiguration {
    do throws(WebConfigurationError) {
      return try WebConfiguration(
        listenAddresses: listenAddresses, telemetryPath: telemetryPath, maxRequests: maxRequests)
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
