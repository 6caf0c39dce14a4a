internal import Exposition
internal import Glibc

/// Writes a recording as CSV (RFC 4180, with LF): a row for each series at each time, in the order of time, whether it changed
/// or not, and a column for each label.
package struct CSVExport {
  private static let chunk = 1 << 16

  package init() {}

  /// Returns how many rows there are, without the header.
  package func write(
    _ recording: borrowing RecordingReader, to output: ([UInt8]) throws(RecordingError) -> Void
  ) throws(RecordingError) -> Int {
    let labels = Set(recording.series.values.flatMap { $0.pairs.map(\.name) }).sorted()
    let hasHistograms = recording.series.values.contains { $0.family.type == .histogram }
    var bytes = Array("time,elapsed_seconds,gap,metric".utf8)
    for label in labels + (hasHistograms ? ["le"] : []) {
      bytes.append(UInt8(ascii: ","))
      bytes += Self.field(label)
    }
    bytes += ",value\n".utf8

    // the fields of a series' labels, written once
    var fields: [Int64: [UInt8]] = [:]
    var current: [Int64: (series: RecordedSeries, value: RecordedValue)] = [:]
    // of `current`, in their order; nil: to be found anew
    var order: [Int64]?
    var rows = 0
    var moment: [UInt8]?

    func row(_ name: String, _ labels: [UInt8], _ bound: String, _ value: [UInt8], _ moment: [UInt8]) {
      bytes += moment
      bytes += name.utf8
      bytes += labels
      if hasHistograms {
        bytes.append(UInt8(ascii: ","))
        bytes += bound.utf8
      }
      bytes.append(UInt8(ascii: ","))
      bytes += value
      bytes.append(UInt8(ascii: "\n"))
      rows += 1
    }

    func flush() throws(RecordingError) {
      guard let moment else { return }
      let ids = order ?? current.keys.sorted()
      order = ids
      for id in ids {
        guard let (series, value) = current[id] else { continue }
        let own = fields[id] ?? []
        let name = series.family.name
        if case .histogram(let histogram) = value {
          series.layout.buckets(histogram.slots, series.scale) { bound, count in
            row(name + "_bucket", own, bound, Array("\(count)".utf8), moment)
          }
          row(name + "_count", own, "", Array("\(histogram.count)".utf8), moment)
          row(name + "_sum", own, "", RecordedValue.scaled(histogram.sum, digits: 9).text, moment)
        } else {
          let suffix = series.family.type == .counter ? "_total" : series.family.type == .info ? "_info" : ""
          row(name + suffix, own, "", value.text, moment)
        }
        if bytes.count >= Self.chunk {
          try output(bytes)
          bytes.removeAll(keepingCapacity: true)
        }
      }
    }

    try recording.forEach { time throws(RecordingError) in
      try flush()
      moment = Self.moment(time)
    } change: { id, series, value throws(RecordingError) in
      guard let value else {
        current[id] = nil
        order = nil
        return
      }
      if current.updateValue((series, value), forKey: id) == nil { order = nil }
      if fields[id] == nil { fields[id] = Self.fields(series, labels) }
    }
    try flush()
    try output(bytes)
    return rows
  }

  private static func moment(_ time: RecordedTime) -> [UInt8] {
    var bytes = Array("\(UTCTime.text(time.milliseconds)),".utf8)
    bytes += RecordedValue.scaled(time.elapsed, digits: 9).text
    bytes += ",\(time.gaps.joined(separator: " ")),".utf8
    return bytes
  }

  private static func fields(_ series: RecordedSeries, _ labels: [String]) -> [UInt8] {
    let pairs = Dictionary(series.pairs.map { ($0.name, $0.value) }) { first, _ in first }
    return labels.flatMap { [UInt8(ascii: ",")] + field(pairs[$0] ?? "") }
  }

  /// Quoted where that is needed.
  static func field(_ text: String) -> [UInt8] {
    let special: Set<UInt8> = [UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r")]
    guard text.utf8.contains(where: special.contains) else { return Array(text.utf8) }
    let quote = UInt8(ascii: "\"")
    return [quote] + text.utf8.flatMap { $0 == quote ? [quote, quote] : [$0] } + [quote]
  }
}

/// Moments as RFC 3339 has them.
package enum UTCTime {
  /// `2026-11-29T10:37:00.123Z`, of milliseconds since the Unix epoch up to the end of the year 9999.
  package static func text(_ milliseconds: Int64) -> String {
    var seconds = time_t(milliseconds / 1000)
    var date = tm()
    guard gmtime_r(&seconds, &date) != nil else { return "" }
    func padded(_ number: Int, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
    return "\(padded(Int(date.tm_year) + 1900, 4))-\(padded(Int(date.tm_mon) + 1, 2))-\(padded(Int(date.tm_mday), 2))T"
      + "\(padded(Int(date.tm_hour), 2)):\(padded(Int(date.tm_min), 2)):\(padded(Int(date.tm_sec), 2))."
      + "\(padded(Int(milliseconds % 1000), 3))Z"
  }
}
