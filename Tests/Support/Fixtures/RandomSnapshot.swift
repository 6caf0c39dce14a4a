package import Exposition

/// A random snapshot and, worked out in another way than the encoder does, what must be read back from its text.
package struct RandomSnapshot {
  package struct Label: Equatable {
    package let name: String
    package let value: String

    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  package struct Line {
    package let name: String
    package let labels: [Label]
    package let value: String
    /// Set where any text that reads back as the same number will do.
    package var number: Double?
  }

  package let snapshot: Snapshot
  package let families: [Family]
  private var scalars: [(family: Family, labels: [Label], text: String, number: Double?)] = []
  private var histograms: [Int: (slots: [UInt64], sum: UInt64, layout: HistogramLayout)] = [:]

  package static let labelNames: [StaticString] = ["device", "kind", "mode", "x1"]
  package static let hostile: [[UInt8]] = [
    [], Array("\"".utf8), Array("\\".utf8), Array("\\n\n\\\\".utf8), Array("a,b=\"c\"} 1\n# EOF\n".utf8),
    Array("é😀漢".utf8), [0xFF, 0x41, 0xC3], [0xF0, 0x9F, 0x98], [0xED, 0xA0, 0x80], [0, 0x41, 0],
    Array("\u{1}\t\r\u{7F}\u{85}\u{2028}".utf8), Array(" { } ".utf8),
  ]

  package init(seed: UInt64) {
    var random = Generator(seed: seed)
    var writer = SampleWriter()
    var families: [Family] = []
    for index in 0..<Int.random(in: 0...8, using: &random) {
      let type = [MetricType.counter, .gauge, .histogram, .info, .unknown].randomElement(using: &random) ?? .gauge
      let unit = type == .info ? nil : [nil, "seconds", "joules", "bytes"].randomElement(using: &random) ?? nil
      let names = ["id"] + Self.labelNames.map(\.description)
      let help = ["Plain help.", "Quoted \"help\".", "Back\\slash and\nnewline."].randomElement(using: &random) ?? ""
      let family = Family("f\(index)" + (unit.map { "_" + $0 } ?? ""), type, unit: unit, labels: names, help: help)
      families.append(family)
      writer.begin(family)
      for id in 0..<Int.random(in: 0...4, using: &random) {
        var labels: [Label] = []
        // More than one sample needs a label that tells them apart.
        if id > 0 {
          writer.label("id", id)
          labels.append(.init(name: "id", value: String(id)))
        }
        for name in Self.labelNames where Bool.random(using: &random) {
          let bytes = Self.hostile.randomElement(using: &random) ?? []
          let text = String(decoding: bytes, as: UTF8.self)
          writer.label(name, text)
          labels.append(.init(name: name.description, value: text.replacing("\0", with: "\u{FFFD}")))
        }
        let value = Self.value(type, &random)
        if case .histogram = value {
          let slots = (0..<Int.random(in: 0...66, using: &random)).map { _ in
            UInt64.random(in: 0...1_000_000, using: &random) >> UInt64.random(in: 0...20, using: &random)
          }
          let sum = UInt64.random(in: 0...UInt64.max, using: &random)
          let lowest = Int.random(in: -30...5, using: &random)
          let layout = HistogramLayout(lowest: lowest, highest: Int.random(in: lowest...34, using: &random))
          writer.histogram(slots: slots, sum: sum, layout: layout)
          histograms[scalars.count] = (slots, sum, layout)
          scalars.append((family, labels, "", nil))
        } else {
          let (text, number) = Self.write(value, type, &writer)
          scalars.append((family, labels, text, number))
        }
      }
    }
    self.families = families
    self.snapshot = writer.finish()
  }

  private static func value(_ type: MetricType, _ random: inout Generator) -> Snapshot.Value {
    let bits = UInt64.random(in: 0...UInt64.max, using: &random) >> UInt64.random(in: 0..<64, using: &random)
    switch (type, Int.random(in: 0..<5, using: &random)) {
    case (.histogram, _): return .histogram(.init(slots: 0..<0, sum: 0, layout: .init(lowest: 0, highest: 0)))
    case (.info, _): return .integer(1)
    case (_, 0): return .unsigned(bits)
    case (_, 1): return .decimal(bits, digits: 9)
    case (_, 2): return .decimal(bits, digits: 6)
    case (.counter, _): return .double(Double(bits) / 7)
    case (_, 3): return .integer(Int64(bitPattern: bits))
    default:
      let special = [Double.nan, .infinity, -.infinity, -0.0, 1, .leastNonzeroMagnitude, .greatestFiniteMagnitude]
      if Bool.random(using: &random) { return .double(special.randomElement(using: &random) ?? 0) }
      return .double(Double(bitPattern: UInt64.random(in: 0...UInt64.max, using: &random)))
    }
  }

  private static func write(
    _ value: Snapshot.Value, _ type: MetricType, _ writer: inout SampleWriter
  ) -> (text: String, number: Double?) {
    switch value {
    case .unsigned(let value):
      writer.unsigned(value)
      return (String(value), nil)
    case .integer(let value):
      writer.integer(value)
      return (String(value), nil)
    case .decimal(let value, let digits):
      if digits == 9 { writer.nanoseconds(value) } else { writer.micro(value) }
      return (decimal(value, Int(digits)), nil)
    case .double(let value):
      writer.double(value)
      return ("", value)
    case .histogram: return ("", nil)
    }
  }

  /// The decimal by moving the point within the padded digits.
  package static func decimal(_ value: UInt64, _ digits: Int) -> String {
    let text = String(value)
    let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    var fraction = padded.suffix(digits)
    while fraction.last == "0" { fraction.removeLast() }
    return padded.dropLast(digits) + (fraction.isEmpty ? "" : "." + fraction)
  }

  /// Every sample line, with the bounds as numbers: how `le` is spelled is another test's matter.
  package func lines() -> [Line] {
    scalars.enumerated().flatMap { index, sample -> [Line] in
      let (family, labels, text, number) = sample
      guard let (slots, sum, layout) = histograms[index] else {
        let suffix = family.type == .counter ? "_total" : family.type == .info ? "_info" : ""
        return [Line(name: family.name + suffix, labels: labels, value: text, number: number)]
      }
      var lines = (layout.lowest...layout.highest).map { exponent in
        // Slot i holds what is at most 2^(i - 30).
        let below = slots.enumerated().filter { $0.offset - 30 <= exponent }.map(\.element).reduce(0, +)
        let bound = Label(name: "le", value: "2^\(exponent)")
        return Line(name: family.name + "_bucket", labels: labels + [bound], value: String(below))
      }
      let count = String(slots.reduce(0, +))
      lines.append(
        Line(name: family.name + "_bucket", labels: labels + [.init(name: "le", value: "+Inf")], value: count))
      lines.append(Line(name: family.name + "_count", labels: labels, value: count))
      lines.append(Line(name: family.name + "_sum", labels: labels, value: Self.decimal(sum, 9)))
      return lines
    }
  }
}

extension Snapshot {
  package func text(_ format: TextFormat) -> [UInt8] { bytes(ExpositionFormat(format)) }

  package func bytes(_ format: ExpositionFormat, created: Bool = false) -> [UInt8] {
    var bytes: [UInt8] = []
    [self].encode(as: format, created: created) { bytes += $0 }
    return bytes
  }

  package func string(_ format: TextFormat) -> String { String(decoding: text(format), as: UTF8.self) }
}

extension ExpositionFormat {
  package init(_ format: TextFormat) {
    self =
      switch format {
      case .openMetrics: .openMetrics
      case .prometheus: .prometheus
      }
  }
}
