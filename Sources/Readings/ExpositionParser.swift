internal import Exposition

/// Takes exposition text line by line. Sources: "Exposition formats" of the Prometheus documentation, OpenMetrics 1.0.
struct ExpositionParser {
  /// What a `TYPE` line declares.
  private enum Kind: String {
    case counter, gauge, histogram, info, summary, stateset, gaugehistogram, unknown, untyped

    /// What samples of the family may have behind its name.
    var suffixes: [String] {
      switch self {
      case .counter: ["_total", "_created"]
      case .gauge, .stateset, .unknown, .untyped: [""]
      case .histogram: ["_bucket", "_count", "_sum", "_created"]
      case .gaugehistogram: ["_bucket", "_gcount", "_gsum"]
      case .info: ["_info"]
      case .summary: ["", "_count", "_sum", "_created"]
      }
    }
  }

  /// A histogram whose lines are still coming.
  private struct Partial {
    var buckets: [HistogramReading.Bucket] = []
    var sum: Number?
    var count: Number?
  }

  private let format: TextFormat
  private let kept: Set<String>?
  private var families: [String: Reading.Family] = [:]
  private var name = ""
  private var kind = Kind.unknown
  private var partial: [Labels: Partial] = [:]
  private var declared: Set<String> = []
  private var isComplete = false

  init(format: TextFormat, keeping names: Set<String>?) {
    self.format = format
    kept = names
  }

  mutating func add(_ text: ArraySlice<UInt8>, line: Int) throws(ExpositionError) {
    func fail(_ cause: String) -> ExpositionError { ExpositionError(line: line, cause, text) }
    if isComplete { throw fail("it goes on after # EOF") }
    if text.isEmpty {
      // only the older format knows empty lines
      if format == .openMetrics { throw fail("an empty line") }
      return
    }
    if text.first == UInt8(ascii: "#") { return try addComment(text, fail) }
    try addSample(text, fail)
  }

  mutating func finish(line: Int) throws(ExpositionError) -> [String: Reading.Family] {
    try endFamily { ExpositionError(line: line, $0, []) }
    guard isComplete || format == .prometheus else {
      throw ExpositionError(line: line, "it ends without # EOF, so something is missing", [])
    }
    return families
  }

  private mutating func addComment(
    _ text: ArraySlice<UInt8>, _ fail: (String) -> ExpositionError
  ) throws(ExpositionError) {
    if text.elementsEqual("# EOF".utf8), format == .openMetrics {
      isComplete = true
      return
    }
    let words = text.split(separator: UInt8(ascii: " "), maxSplits: 3)
    guard words.count >= 2, words[1].elementsEqual("TYPE".utf8) else { return }
    var index = words.count > 2 ? words[2].startIndex : 0
    guard words.count == 4, let declaredName = LabelText.name(words[2], from: &index), index == words[2].endIndex else {
      throw fail("a TYPE line without name and type")
    }
    let word = String(decoding: words[3], as: UTF8.self)
    guard let kind = Kind(rawValue: word) else { throw fail("an unknown type") }
    try endFamily(fail)
    (name, self.kind) = family(declaredName, kind)
    guard declared.insert(name).inserted else { throw fail("a family that is there twice") }
  }

  /// The older format knows no families of counters and infos apart from their samples.
  private func family(_ declared: String, _ kind: Kind) -> (String, Kind) {
    guard format == .prometheus else { return (declared, kind) }
    switch kind {
    case .counter: return (Self.without("_total", declared) ?? declared, .counter)
    case .gauge: return Self.without("_info", declared).map { ($0, .info) } ?? (declared, .gauge)
    default: return (declared, kind)
    }
  }

  private static func without(_ suffix: String, _ name: String) -> String? {
    let (name, suffix) = (name.utf8, suffix.utf8)
    guard name.count > suffix.count, name.suffix(suffix.count).elementsEqual(suffix) else { return nil }
    return String(decoding: name.dropLast(suffix.count), as: UTF8.self)
  }

  private mutating func addSample(
    _ text: ArraySlice<UInt8>, _ fail: (String) -> ExpositionError
  ) throws(ExpositionError) {
    var index = text.startIndex
    guard let sample = LabelText.name(text, from: &index) else { throw fail("no name of a metric") }
    var labels = Labels.none
    if index < text.endIndex, text[index] == UInt8(ascii: "{") {
      index += 1
      LabelText.skipSpaces(text, &index)
      guard let found = LabelText.labels(text, from: &index), index < text.endIndex else { throw fail("labels") }
      labels = found
      index += 1
    }
    // value, perhaps a time, perhaps an exemplar behind another #
    let rest = text[index...].split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    guard index < text.endIndex, text[index] == UInt8(ascii: " ") || text[index] == UInt8(ascii: "\t"),
      let first = rest.first, let value = Number(parsing: first)
    else { throw fail("no number behind the name") }
    if rest.count > 1, !rest[1].elementsEqual("#".utf8) {
      guard Number(parsing: rest[1]) != nil, rest.count == 2 || rest[2].elementsEqual("#".utf8) else {
        throw fail("neither a time nor an exemplar behind the value")
      }
    }
    try add(sample, labels, value, fail)
  }

  private mutating func add(
    _ sample: String, _ labels: Labels, _ value: Number, _ fail: (String) -> ExpositionError
  ) throws(ExpositionError) {
    guard let suffix = suffix(of: sample) else {
      // of no declared family: its own
      try endFamily(fail)
      (name, kind) = (sample, .unknown)
      return try put(labels, .number(value), fail)
    }
    switch (kind, suffix) {
    case (_, "_created"), (.summary, _), (.gaugehistogram, _): break
    case (.histogram, "_sum"): partial[labels, default: Partial()].sum = value
    case (.histogram, "_count"): partial[labels, default: Partial()].count = value
    case (.histogram, _):
      guard let text = labels["le"], let bound = Number(parsing: Array(text.utf8))?.double, !bound.isNaN else {
        throw fail("a bucket without a bound")
      }
      guard let count = UInt64(exactly: value.double) else { throw fail("a bucket whose count is none") }
      let own = labels.without(["le"])
      let last = partial[own]?.buckets.last
      guard last.map({ $0.bound < bound && $0.count <= count }) ?? true else {
        throw fail("buckets that do not rise")
      }
      partial[own, default: Partial()].buckets.append(.init(bound: bound, count: count))
    default: try put(labels, .number(value), fail)
    }
  }

  /// What the sample's name has behind that of the family; nil where it is of another.
  private func suffix(of sample: String) -> String? {
    let (name, sample) = (name.utf8, sample.utf8)
    guard sample.starts(with: name) else { return nil }
    let suffix = String(decoding: sample.dropFirst(name.count), as: UTF8.self)
    // a counter of the older format need not end in _total
    let isBare = suffix.isEmpty && kind == .counter && format == .prometheus
    return kind.suffixes.contains(suffix) || isBare ? suffix : nil
  }

  private mutating func put(
    _ labels: Labels, _ value: Reading.Value, _ fail: (String) -> ExpositionError
  ) throws(ExpositionError) {
    if let kept, !kept.contains(name) { return }
    let before = families[name, default: .init(accumulates: kind == .counter || kind == .histogram)].series
      .updateValue(value, forKey: labels)
    if before != nil { throw fail("a series that is there twice") }
  }

  private mutating func endFamily(_ fail: (String) -> ExpositionError) throws(ExpositionError) {
    for (labels, one) in partial {
      guard let last = one.buckets.last, last.bound == .infinity else {
        throw fail("\(name) before this has no bucket +Inf")
      }
      guard let sum = one.sum, one.count.map({ $0.double == Double(last.count) }) ?? false else {
        throw fail("\(name) before this lacks its sum, or its count is another than that of the bucket +Inf")
      }
      try put(labels, .histogram(HistogramReading(buckets: one.buckets, sum: sum)), fail)
    }
    partial.removeAll()
  }
}
