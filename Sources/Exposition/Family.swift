/// The OpenMetrics type of a metric family. Prometheus text 0.0.4 shows `info` as a gauge.
package enum MetricType: Sendable, Hashable {
  case counter
  case gauge
  case histogram
  case info
  /// What is a counter under another exporter's name that does not end in `_total`, as OpenMetrics demands of counters.
  case unknown
}

/// A metric family: what is written in its `TYPE`, `UNIT` and `HELP` lines, and which labels its samples may carry.
///
/// `name` never has the `_total`, `_info`, `_bucket`, `_sum` or `_count` suffix: the encoder adds them by type and format.
/// A family with a unit ends in `_<unit>`, as OpenMetrics demands.
package struct Family: Sendable, Hashable {
  /// Full name, with the `wattprobe_` prefix where it has one.
  package let name: String
  package let type: MetricType
  /// Base unit (`seconds`, `bytes`, `joules`, `hertz`, `watts`, `ratio`), or nil for plain counts.
  package let unit: String?
  package let help: String
  /// The label names its samples carry, in order; `le` is not among them.
  package let labels: [String]

  /// A family of this program: `name` gets the `wattprobe_` prefix.
  package init(_ name: String, _ type: MetricType, unit: String? = nil, labels: [String] = [], help: String) {
    self.init(unprefixed: "wattprobe_" + name, type, unit: unit, labels: labels, help: help)
  }

  /// A family whose name every exporter shares, such as `process_cpu_seconds`, or is another's.
  package init(unprefixed name: String, _ type: MetricType, unit: String? = nil, labels: [String] = [], help: String) {
    precondition(unit == nil || name.hasSuffix("_" + unit!), "\(name) must end in its unit")
    self.name = name
    self.type = type
    self.unit = unit
    self.help = help
    self.labels = labels
  }
}
