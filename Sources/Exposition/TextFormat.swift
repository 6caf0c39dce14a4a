/// The text formats a scrape can be answered in.
package enum TextFormat: Sendable, Hashable, CaseIterable {
  /// OpenMetrics 1.0: `application/openmetrics-text; version=1.0.0; charset=utf-8`.
  case openMetrics
  /// Prometheus text 0.0.4: `text/plain; version=0.0.4; charset=utf-8`.
  case prometheus
}
