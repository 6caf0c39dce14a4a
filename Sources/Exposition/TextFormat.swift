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

extension [Snapshot] {
  /// About how many bytes of text are written before they are handed on: what is still in the processor's cache then.
  private static let piece = 32_768

  /// Writes all of them as one text of `format`, which `body` gets in consecutive pieces; OpenMetrics ends in `# EOF`. No
  /// family may be in two of them.
  ///
  /// Families without samples are left out. Nothing is allocated but one piece and a buffer of a name's length.
  package func encode(as format: TextFormat, _ body: ([UInt8]) -> Void) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.piece + Self.piece / 4)
    var encoder = TextEncoder(format)
    for snapshot in self {
      var current = -1
      var type = MetricType.gauge
      var isBegun = false
      for sample in snapshot.samples {
        // a family is four references to count: not looked at for each sample
        if sample.family != current {
          current = sample.family
          type = snapshot.families[current].type
          isBegun = false
        }
        // What the writer refuses in debug builds would make the whole text unreadable: leave it out.
        guard sample.value.fits(type) else { continue }
        if !isBegun {
          encoder.begin(snapshot.families[current], &bytes)
          isBegun = true
        }
        encoder.append(sample, of: snapshot, &bytes)
        if bytes.count >= Self.piece {
          body(bytes)
          bytes.removeAll(keepingCapacity: true)
        }
      }
    }
    if format == .openMetrics { bytes.append(contentsOf: "# EOF\n".utf8) }
    if !bytes.isEmpty { body(bytes) }
  }
}
