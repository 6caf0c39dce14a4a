import Fixtures

/// A parser of the text format of OpenMetrics 2.0.0-rc0 for these tests, by the specification's grammar: strict, slow, and
/// independent of the encoder. Of what the grammar allows it knows what has no exemplars, summaries and quoted names.
struct OpenMetrics2Reader {
  struct Failure: Error {
    let position: Int
    let expected: String
  }

  enum Value: Equatable {
    case number(String)
    case histogram(Histogram)
  }

  struct Histogram: Equatable {
    var count = ""
    var sum = ""
    var native: ProtobufReader.Native?
    /// Threshold and count, as written; without the bucket of +Inf.
    var buckets: [(bound: String, count: String)] = []
    var all = ""

    static func == (left: Self, right: Self) -> Bool {
      left.count == right.count && left.sum == right.sum && left.native == right.native && left.all == right.all
        && left.buckets.elementsEqual(right.buckets) { $0 == $1 }
    }
  }

  struct Sample: Equatable {
    var labels: [TextReader.Label] = []
    var value = Value.number("")
    var start: String?
  }

  struct Family: Equatable {
    var name = ""
    var type = ""
    var unit: String?
    var help: String?
    var samples: [Sample] = []
  }

  private(set) var families: [Family] = []
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) throws {
    self.bytes = bytes
    // exposition = metricset HASH SP %s"EOF" [ LF ]
    while !takes("# EOF") { families.append(try family()) }
    try expect("\n")
    guard position == bytes.count else { throw Failure(position: position, expected: "the end") }
    guard Set(families.map(\.name)).count == families.count else {
      throw Failure(position: position, expected: "each family once")
    }
  }

  // MARK: Lines

  private mutating func family() throws -> Family {
    var family = Family()
    try expect("# TYPE ")
    family.name = try name(colons: true)
    try expect(" ")
    family.type = try take("a type") { 0x61...0x7a ~= $0 }
    guard ["counter", "gauge", "histogram", "info", "unknown"].contains(family.type) else {
      throw Failure(position: position, expected: "a type")
    }
    try expect("\n")
    if takes("# UNIT \(family.name) ") {
      family.unit = try name(colons: true)
      try expect("\n")
    }
    if takes("# HELP \(family.name) ") {
      family.help = try escaped()
      try expect("\n")
    }
    while bytes[position...].starts(with: family.name.utf8) { family.samples.append(try sample(family)) }
    return family
  }

  private mutating func sample(_ family: Family) throws -> Sample {
    var sample = Sample()
    try expect(family.name)
    if takes("{") {
      repeat {
        let label = try name(colons: false)
        try expect("=\"")
        sample.labels.append(.init(name: label, value: try escaped()))
        try expect("\"")
      } while takes(",")
      try expect("}")
    }
    try expect(" ")
    if family.type == "histogram" {
      try expect("{")
      sample.value = .histogram(try histogram())
      try expect("}")
    } else {
      sample.value = .number(try number())
    }
    if takes(" st@") { sample.start = try number() }
    try expect("\n")
    return sample
  }

  // MARK: Composite values

  private mutating func histogram() throws -> Histogram {
    var histogram = Histogram()
    try expect("count:")
    histogram.count = try number()
    try expect(",sum:")
    histogram.sum = try number()
    if takes(",schema:") { histogram.native = try native() }
    try expect(",bucket:[")
    while !takes("+Inf:") {
      let bound = try number()
      try expect(":")
      histogram.buckets.append((bound, try number()))
      try expect(",")
    }
    histogram.all = try number()
    try expect("]")
    return histogram
  }

  private mutating func native() throws -> ProtobufReader.Native {
    var native = ProtobufReader.Native()
    native.schema = try integer()
    try expect(",zero_threshold:")
    native.zeroThreshold = Double(try number())
    try expect(",zero_count:")
    native.zeroCount = UInt64(try number())
    guard takes(",positive_spans:[") else { return native }
    repeat {
      let offset = try integer()
      try expect(":")
      guard offset >= 0 || native.spans.isEmpty else { throw Failure(position: position, expected: "spans upwards") }
      native.spans.append(.init(offset: offset, length: UInt64(try integer())))
    } while takes(",")
    try expect("],positive_buckets:[")
    var last: Int64 = 0
    repeat {
      let count = try integer()
      native.deltas.append(count - last)
      last = count
    } while takes(",")
    try expect("]")
    guard native.spans.reduce(0, { $0 + $1.length }) == UInt64(native.deltas.count) else {
      throw Failure(position: position, expected: "as many buckets as the spans say")
    }
    return native
  }

  // MARK: Tokens

  private mutating func takes(_ text: String) -> Bool {
    guard bytes[position...].starts(with: text.utf8) else { return false }
    position += text.utf8.count
    return true
  }

  private mutating func expect(_ text: String) throws {
    guard takes(text) else { throw Failure(position: position, expected: text) }
  }

  private mutating func take(_ expected: String, _ isWanted: (UInt8) -> Bool) throws -> String {
    let taken = bytes[position...].prefix(while: isWanted)
    guard !taken.isEmpty else { throw Failure(position: position, expected: expected) }
    position = taken.endIndex
    return String(decoding: taken, as: UTF8.self)
  }

  private mutating func name(colons: Bool) throws -> String {
    let taken = try take("a name") { byte in
      0x61...0x7a ~= byte || 0x41...0x5a ~= byte || 0x30...0x39 ~= byte || byte == 0x5f || colons && byte == 0x3a
    }
    guard let first = taken.first, !first.isNumber else { throw Failure(position: position, expected: "a name") }
    return taken
  }

  /// As far as it goes: a number is never followed by what could be of it.
  private mutating func number() throws -> String {
    let text = try take("a number") { !" ,:]}\n".utf8.contains($0) }
    let isReal = text.wholeMatch(of: /[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?/) != nil
    let isSpecial = text.wholeMatch(of: /[-+]?(?i:inf|infinity)|(?i:nan)/) != nil
    guard isReal || isSpecial else { throw Failure(position: position, expected: "a number, not \(text)") }
    return text
  }

  private mutating func integer() throws -> Int64 {
    guard let number = Int64(try number()) else { throw Failure(position: position, expected: "an integer") }
    return number
  }

  /// Up to a line's end or a quote, without its escapes.
  private mutating func escaped() throws -> String {
    var text: [UInt8] = []
    while position < bytes.count, bytes[position] != 0x0a, bytes[position] != 0x22 {
      if bytes[position] != 0x5c {
        text.append(bytes[position])
      } else {
        position += 1
        guard position < bytes.count, let byte = [0x6e: 0x0a, 0x22: 0x22, 0x5c: 0x5c][bytes[position]] else {
          throw Failure(position: position, expected: "an escape")
        }
        text.append(UInt8(byte))
      }
      position += 1
    }
    guard let text = String(validating: text, as: UTF8.self) else {
      throw Failure(position: position, expected: "UTF-8")
    }
    return text
  }
}
