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
  ///
  /// Families without samples are left out. Allocates only for `bytes` to grow and one buffer of a name's length.
  package func encode(as format: TextFormat, into bytes: inout [UInt8]) {
    // about as much as it becomes: a line's name and number, and its labels
    bytes.reserveCapacity(bytes.count + labels.count + 64 * (samples.count + 2 * slots.count) + 256 * families.count)
    var encoder = TextEncoder(format)
    var current = -1
    var type = MetricType.gauge
    var isBegun = false
    for sample in samples {
      // a family is four references to count: not looked at for each sample
      if sample.family != current {
        current = sample.family
        type = families[current].type
        isBegun = false
      }
      // What the writer refuses in debug builds would make the whole text unreadable: leave it out.
      guard sample.value.fits(type) else { continue }
      if !isBegun {
        encoder.begin(families[current], &bytes)
        isBegun = true
      }
      encoder.append(sample, of: self, &bytes)
    }
    if format == .openMetrics { bytes.append(contentsOf: "# EOF\n".utf8) }
  }
}
