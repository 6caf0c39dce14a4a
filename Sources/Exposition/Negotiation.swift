/// What a client wants to be answered, from its request headers (RFC 9110, section 12.5).
package enum ContentNegotiation {
  /// The format for the values of a request's `Accept` lines, none if it has no such header.
  ///
  /// OpenMetrics 2.0 where the client names that version, with a weight that no other format exceeds.
  /// OpenMetrics 1.0 where the client gives it a higher weight than Prometheus text, or names it with the same weight. Protobuf
  /// where the client names it, with a higher weight than both, or the same one without naming either.
  /// Anything else is Prometheus text, also for a client that accepts neither: like the client libraries, a scrape is
  /// never answered with 406. The `escaping` parameter of Prometheus 3 is of no matter, as all names here are plain ASCII.
  package static func format(accept: [String]) -> ExpositionFormat {
    let ranges = HeaderElement.parse(accept)
    let openMetrics = preference(for: .openMetrics, in: ranges)
    let prometheus = preference(for: .prometheus, in: ranges)
    let protobuf = preference(for: .protobuf, in: ranges)
    let candidate = preference(for: .openMetrics2, in: ranges).weight
    if candidate > 0, candidate >= max(openMetrics.weight, prometheus.weight, protobuf.weight) { return .openMetrics2 }
    let text = max(openMetrics.weight, prometheus.weight)
    let namesText = max(openMetrics.match, prometheus.match) >= .type
    if protobuf.weight > text || protobuf.weight > 0 && protobuf.weight == text && !namesText { return .protobuf }
    guard openMetrics.weight > 0 else { return .prometheus }
    if openMetrics.weight > prometheus.weight { return .openMetrics }
    return openMetrics.weight == prometheus.weight && openMetrics.match >= .type ? .openMetrics : .prometheus
  }

  /// Whether the body may be compressed with gzip, from the values of the `Accept-Encoding` lines.
  ///
  /// True where the client accepts gzip, by name or by `*`, and does not give the identity coding a higher weight.
  package static func acceptsGzip(acceptEncoding: [String]) -> Bool {
    let codings = HeaderElement.parse(acceptEncoding)
    func weight(_ names: String...) -> Int? { codings.filter { names.contains($0.name) }.map(\.weight).max() }
    let other = weight("*")
    let gzip = weight("gzip", "x-gzip") ?? other ?? 0
    // A coding that is not listed is acceptable, but no more is known of it: anything listed is preferred.
    let identity = weight("identity") ?? other ?? 0
    return gzip > 0 && gzip >= identity
  }

  /// How closely a media range describes what would be sent; the closest match decides about the weight.
  private enum Match: Int, Comparable {
    case none, anything, anySubtype, type, olderVersion, version

    static func < (left: Match, right: Match) -> Bool { left.rawValue < right.rawValue }
  }

  private static func preference(for format: ExpositionFormat, in ranges: [HeaderElement]) -> (
    match: Match, weight: Int
  ) {
    var best = (match: Match.none, weight: 0)
    for range in ranges {
      let found = match(range, format)
      guard found != .none else { continue }
      if found > best.match || found == best.match && range.weight > best.weight { best = (found, range.weight) }
    }
    return best
  }

  private static func match(_ range: HeaderElement, _ format: ExpositionFormat) -> Match {
    if format == .protobuf { return isProtobuf(range) ? .version : .none }
    if let charset = range.parameter("charset"), charset.lowercased() != "utf-8" { return .none }
    let version = range.parameter("version")
    switch (format, range.name) {
    case (.openMetrics, "*/*"), (.prometheus, "*/*"): return .anything
    case (.openMetrics, "application/*"), (.prometheus, "text/*"): return .anySubtype
    case (.openMetrics, "application/openmetrics-text"):
      switch version {
      case nil: return .type
      // The text of 0.0.1 is that of 1.0.0; Prometheus up to 2.30 asks for it only.
      case "0.0.1": return .olderVersion
      case "1.0.0": return .version
      default: return .none
      }
    case (.openMetrics2, "application/openmetrics-text"): return version == "2.0.0" ? .version : .none
    case (.prometheus, "text/plain"):
      switch version {
      case nil: return .type
      case "0.0.4": return .version
      default: return .none
      }
    default: return .none
    }
  }

  /// Whether that is the one kind of protobuf there is. No range with `*` is: who takes anything may know no protobuf.
  private static func isProtobuf(_ range: HeaderElement) -> Bool {
    range.name == "application/vnd.google.protobuf"
      && range.parameter("proto") == "io.prometheus.client.MetricFamily" && range.parameter("encoding") == "delimited"
  }
}
