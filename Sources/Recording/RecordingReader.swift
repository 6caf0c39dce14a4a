internal import Exposition

/// Reads a recording, also one that is being written, without changing it. What is in it may come from anywhere: nothing in it
/// is taken for granted.
package struct RecordingReader: ~Copyable {
  /// The last moment that a date can be written of: the end of the year 9999, in milliseconds.
  private static let latest: Int64 = 253_402_300_799_999

  let database: Database
  /// What the recorder said of itself.
  package let about: [String: String]
  /// By their ids; those of types that this program does not know are left out.
  package let series: [Int64: RecordedSeries]
  /// How many collections there are, and when the first and the last were, in milliseconds since the Unix epoch.
  package let times: (count: Int, first: Int64, last: Int64)

  package var path: String { database.path }

  package init(_ path: String) throws(RecordingError) {
    let database = try Database.open(path, .reading)
    // one that goes on is read as it is now, all of it
    try database.execute("BEGIN")
    try Self.check(database)
    let about = try Self.about(database)
    let series = try Self.series(database)
    let times = try Self.times(database)
    self.database = database
    self.about = about
    self.series = series
    self.times = times
  }

  private static func check(_ database: borrowing Database) throws(RecordingError) {
    let path = database.path
    let application = try database.integer("PRAGMA application_id")
    guard application == RecordingSchema.application else {
      throw RecordingError(.foreign, "\(path) is no recording", cure: "give a file that `wattprobe record` wrote")
    }
    let version = try database.integer("PRAGMA user_version") ?? 0
    guard version <= RecordingSchema.version else {
      throw RecordingError(
        .foreign, "\(path) has schema \(version), and this wattprobe reads up to \(RecordingSchema.version)",
        cure: "use the wattprobe that wrote it, or a newer one")
    }
    let names = RecordingSchema.tables.map { "'\($0)'" }.joined(separator: ", ")
    let tables = try database.integer("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN (\(names))")
    guard tables == Int64(RecordingSchema.tables.count) else {
      throw .damaged(path, "it lacks tables of \(RecordingSchema.tables.joined(separator: ", "))")
    }
    let integrity = try database.prepare("PRAGMA quick_check(1)")
    let said = try integrity.step() ? integrity.text(0) ?? [] : []
    guard said == Array("ok".utf8) else { throw .damaged(path, String(decoding: said, as: UTF8.self)) }
  }

  private static func about(_ database: borrowing Database) throws(RecordingError) -> [String: String] {
    let rows = try database.prepare("SELECT key, value FROM about")
    var about: [String: String] = [:]
    while try rows.step() {
      guard let key = rows.text(0), let value = rows.text(1) else { continue }
      about[String(decoding: key, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
    }
    return about
  }

  private static func series(_ database: borrowing Database) throws(RecordingError) -> [Int64: RecordedSeries] {
    let rows = try database.prepare(
      """
      SELECT series.id, name, type, unit, help, labels, digits, lowest, highest, schema
      FROM series JOIN families ON families.id = series.family
      """)
    var series: [Int64: RecordedSeries] = [:]
    while try rows.step() {
      // of another version
      guard let word = rows.text(2), let type = MetricType(openMetricsWord: String(decoding: word, as: UTF8.self))
      else {
        continue
      }
      let id = rows.integer(0)
      guard let one = one(rows, type) else {
        throw .damaged(database.path, "series \(id) is not what a series can be")
      }
      series[id] = one
    }
    return series
  }

  private static func one(_ rows: borrowing Statement, _ type: MetricType) -> RecordedSeries? {
    guard let name = rows.text(1), isName(name), let help = rows.text(4), let labels = rows.text(5),
      let pairs = LabelText.pairs(labels), pairs.allSatisfy({ isName(Array($0.name.utf8)) }),
      let digits = UInt8(exactly: rows.integer(6)), digits <= 18
    else { return nil }
    // a unit that is not the name's end would not be read back
    let unit = rows.text(3).flatMap { name.reversed().starts(with: ([UInt8(ascii: "_")] + $0).reversed()) ? $0 : nil }
    let family = RecordedFamily(
      name: String(decoding: name, as: UTF8.self), type: type, unit: unit.map { String(decoding: $0, as: UTF8.self) },
      help: String(decoding: help, as: UTF8.self))
    guard type == .histogram else { return RecordedSeries(family: family, labels: labels, digits: digits) }
    guard let lowest = rows.strictInteger(7), let highest = rows.strictInteger(8), lowest <= highest,
      lowest >= HistogramLayout.unitExponent, highest <= HistogramLayout.greatestExponent,
      let schema = rows.strictInteger(9), schema == 0 || schema == 3
    else { return nil }
    return RecordedSeries(
      family: family, labels: labels, digits: digits,
      layout: HistogramLayout(lowest: Int(lowest), highest: Int(highest)), scale: SlotScale(isFine: schema == 3))
  }

  /// Letters, digits, `_` and `:`.
  private static func isName(_ name: [UInt8]) -> Bool {
    !name.isEmpty
      && name.allSatisfy {
        switch $0 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: ":"):
          true
        default: false
        }
      }
  }

  private static func times(
    _ database: borrowing Database
  ) throws(RecordingError) -> (count: Int, first: Int64, last: Int64) {
    let rows = try database.prepare("SELECT count(*), min(realtime_ms), max(realtime_ms) FROM times")
    guard try rows.step(), rows.integer(0) > 0 else {
      throw RecordingError(
        .damaged, "\(database.path) has no samples", cure: "record for longer: it ended before its first collection")
    }
    guard let first = rows.strictInteger(1), let last = rows.strictInteger(2), first >= 0, last <= latest else {
      throw .damaged(database.path, "its times are none")
    }
    return (Int(clamping: rows.integer(0)), first, last)
  }

  /// Goes through the recording in the order of time: for each collection `body` gets its time, then `change` what changed, with
  /// the id of the series; nil: the series ends.
  package func forEach(
    _ body: (RecordedTime) throws(RecordingError) -> Void,
    change: (Int64, RecordedSeries, RecordedValue?) throws(RecordingError) -> Void
  ) throws(RecordingError) {
    let times = try database.prepare(
      "SELECT id, realtime_ms, elapsed_ns, suspended_ns, step_ms, missed FROM times ORDER BY id")
    let samples = try database.prepare("SELECT time, series, value FROM samples ORDER BY time, series")
    var hasSample = try samples.step()
    while try times.step() {
      let id = times.integer(0)
      try body(try time(times))
      // what belongs to no time is left out
      while hasSample, samples.integer(0) <= id {
        let number = samples.integer(1)
        if samples.integer(0) == id, let series = series[number] {
          try change(number, series, try value(samples, of: series, number))
        }
        hasSample = try samples.step()
      }
    }
  }

  private func time(_ rows: borrowing Statement) throws(RecordingError) -> RecordedTime {
    guard let milliseconds = rows.strictInteger(1), (0...Self.latest).contains(milliseconds) else {
      throw .damaged(path, "time \(rows.integer(0)) is none")
    }
    return RecordedTime(
      milliseconds: milliseconds, elapsed: UInt64(clamping: rows.integer(2)),
      suspended: UInt64(clamping: rows.integer(3)), step: rows.integer(4), missed: UInt64(clamping: rows.integer(5)))
  }

  /// nil: the series has none any more.
  func value(
    _ rows: borrowing Statement, of series: RecordedSeries, _ number: Int64
  ) throws(RecordingError) -> RecordedValue? {
    guard let stored = rows.value(2) else { return nil }
    guard let value = stored.recorded(in: series) else {
      throw .damaged(path, "series \(number) has a value that it cannot have at time \(rows.integer(0))")
    }
    return value
  }
}
