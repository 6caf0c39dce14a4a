package import Exposition

extension Reading {
  /// What an exporter answered: Prometheus text 0.0.4 or OpenMetrics 1.0, without its last word left out.
  ///
  /// - Parameters:
  ///   - format: as the answer's content type says.
  ///   - names: the families that are kept; nil: all. The others are read, too: nothing malformed is passed over.
  ///   - time: CLOCK_MONOTONIC in nanoseconds, as close as possible to when the exporter read its counters.
  package init(
    _ text: [UInt8], format: TextFormat, keeping names: Set<String>? = nil, time: UInt64
  ) throws(ExpositionError) {
    var parser = ExpositionParser(format: format, keeping: names)
    var start = text.startIndex
    var line = 0
    while start < text.endIndex {
      line += 1
      let end = text[start...].firstIndex(of: UInt8(ascii: "\n")) ?? text.endIndex
      if end == text.endIndex { throw ExpositionError(line: line, "the line has no end", text[start..<end]) }
      try parser.add(text[start..<end], line: line)
      start = end + 1
    }
    self.init(time: time)
    families = try parser.finish(line: line)
  }
}
