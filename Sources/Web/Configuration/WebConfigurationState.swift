import Collecting
package import Exposition

/// What became of a web configuration file, as it was read last: the families by which its users are warned.
package struct WebConfigurationState: Sendable, Hashable {
  private static let isSuccessful = Family(
    "web_config_last_reload_successful", .gauge,
    help: "Whether what is in the web configuration file, and in those it names, is in use: 1 or 0.")
  private static let appliedAt = Family(
    "web_config_last_reload_success_timestamp_seconds", .gauge, unit: "seconds",
    help: "When what is in use of the web configuration file was put into use, since the Unix epoch.")
  private static let expiry = Family(
    "web_certificate_expiry_timestamp_seconds", .gauge, unit: "seconds",
    help: "End of the validity of the certificate that is in use, since the Unix epoch; absent without TLS.")

  package static let families = [isSuccessful, appliedAt, expiry]

  let isInUse: Bool
  /// Seconds since the Unix epoch.
  let applied: Int64
  /// The same; nil: there is no TLS.
  let certificateExpires: Int64?

  init(_ settings: WebSettings) {
    isInUse = settings.failure == nil
    applied = settings.applied
    certificateExpires = settings.tls?.expires
  }

  /// A part of a collection.
  var snapshot: Snapshot {
    var writer = SampleWriter()
    writer.begin(Self.isSuccessful)
    writer.integer(isInUse ? 1 : 0)
    writer.begin(Self.appliedAt)
    writer.integer(applied)
    if let certificateExpires {
      writer.begin(Self.expiry)
      writer.integer(certificateExpires)
    }
    return writer.finish()
  }
}

/// What a source collects, and the state of the web configuration file.
struct SourceWithConfiguration: SnapshotSource {
  let source: any SnapshotSource
  let file: WebConfigurationSource

  var states: [CollectorState] { source.states }
  var isReady: Bool { source.isReady }
  var hang: Hang? { source.hang }

  func partial(of selection: CollectorSelection) -> [Snapshot]? {
    source.partial(of: selection).map { $0 + [file.state.snapshot] }
  }

  func collect(_ selection: CollectorSelection) -> [Snapshot] { source.collect(selection) + [file.state.snapshot] }
}
