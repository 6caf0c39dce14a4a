/// The formats a scrape can be answered in.
package enum ExpositionFormat: Sendable, Hashable, CaseIterable {
  case openMetrics
  /// As its release candidate has it: only for whoever asks for that version.
  case openMetrics2
  case prometheus
  /// Delimited messages `io.prometheus.client.MetricFamily` of client_model.
  case protobuf

  package var contentType: String {
    switch self {
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    case .openMetrics2: "application/openmetrics-text; version=2.0.0; charset=utf-8"
    case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
    case .protobuf: "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
    }
  }
}

/// What writes families and samples as one format.
protocol SnapshotEncoder: ~Copyable {
  /// The family that the next samples are of.
  mutating func begin(_ family: Family, _ bytes: inout [UInt8])
  mutating func append(_ sample: Snapshot.Sample, of snapshot: borrowing Snapshot, _ bytes: inout [UInt8])
  /// No family follows.
  mutating func end(_ bytes: inout [UInt8])
}

extension [Snapshot] {
  /// About how many bytes are written before they are handed on: what is still in the processor's cache then.
  private static let piece = 32_768

  /// Writes all of them as one page of `format`, which `body` gets in consecutive pieces; OpenMetrics ends in `# EOF`. No
  /// family may be in two of them.
  ///
  /// Families without samples are left out. Nothing is allocated but one piece and a buffer of a name's length, or, in
  /// protobuf, of a family's message: its length goes ahead of it.
  ///
  /// - Parameters:
  ///   - created: whether OpenMetrics 1.0 has `_created` samples of when series began; 2.0 and protobuf always say it.
  ///   - native: whether histograms of protobuf and OpenMetrics 2.0 are native, too.
  package func encode(
    as format: ExpositionFormat, created: Bool = false, native: Bool = false, _ body: ([UInt8]) -> Void
  ) {
    switch format {
    case .openMetrics: encode(TextEncoder(.openMetrics, created: created), body)
    case .openMetrics2: encode(OpenMetrics2Encoder(native: native), body)
    case .prometheus: encode(TextEncoder(.prometheus, created: false), body)
    case .protobuf: encode(ProtobufEncoder(native: native), body)
    }
  }

  private func encode<Encoder: SnapshotEncoder & ~Copyable>(
    _ encoder: consuming Encoder, _ body: ([UInt8]) -> Void
  ) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.piece + Self.piece / 4)
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
        // What the writer refuses in debug builds would make the whole page unreadable: leave it out.
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
    encoder.end(&bytes)
    if !bytes.isEmpty { body(bytes) }
  }
}
