/// Stand-in until the real negotiation is merged.
package enum ContentNegotiation {
  package static func format(accept: [String]) -> TextFormat {
    accept.contains { $0.contains("application/openmetrics-text") } ? .openMetrics : .prometheus
  }

  package static func acceptsGzip(acceptEncoding: [String]) -> Bool {
    acceptEncoding.contains { $0.contains("gzip") }
  }
}
