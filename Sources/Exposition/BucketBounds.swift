/// The texts of every bound a kernel histogram can have, ready to copy: `le="0.5"} `, or `0.5:` in OpenMetrics 2.0.
///
/// OpenMetrics asks for canonical numbers (`1.0`), Prometheus text has them as Go's shortest `%g` prints them (`1`); both
/// switch to an exponent below 1e-4 and from 1e+06 on. A bound written differently would be a different series.
struct BucketBounds: Sendable {
  private let bytes: [UInt8]
  /// Where each text ends in `bytes`.
  private let ends: [Int]

  private static let openMetrics = BucketBounds(.openMetrics, before: "le=\"", after: "\"} ")
  private static let prometheus = BucketBounds(.prometheus, before: "le=\"", after: "\"} ")
  /// Those of OpenMetrics 2.0.
  static let fields = BucketBounds(.openMetrics, before: "", after: ":")

  static func texts(_ format: TextFormat) -> BucketBounds {
    switch format {
    case .openMetrics: openMetrics
    case .prometheus: prometheus
    }
  }

  private init(_ format: TextFormat, before: StaticString, after: StaticString) {
    var bytes: [UInt8] = []
    var ends: [Int] = []
    for exponent in HistogramLayout.unitExponent...HistogramLayout.greatestExponent {
      bytes.append(contentsOf: before.description.utf8)
      bytes.append(contentsOf: Self.number(exponent, format).utf8)
      bytes.append(contentsOf: after.description.utf8)
      ends.append(bytes.count)
    }
    self.bytes = bytes
    self.ends = ends
  }

  /// Appends the text of the bound `2^exponent`.
  func append(_ exponent: Int, to output: inout [UInt8]) {
    let index = exponent - HistogramLayout.unitExponent
    output.append(contentsOf: bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]])
  }

  private static func number(_ exponent: Int, _ format: TextFormat) -> String {
    // Swift prints fractions as Go and Python do: shortest digits, an exponent of two digits below 1e-4.
    guard exponent >= 0 else { return Double(sign: .plus, exponent: exponent, significand: 1).description }
    var digits = String(UInt64(1) << exponent)
    guard digits.utf8.count > 6 else { return format == .openMetrics ? digits + ".0" : digits }
    // No power of two ends in 0, so no digit is to be trimmed.
    let power = digits.utf8.count - 1
    let first = digits.removeFirst()
    return "\(first).\(digits)e+\(power < 10 ? "0" : "")\(power)"
  }
}
