package import Exposition

/// Keeps collections in a new recording, each in a transaction of its own: what happens to the process or the disk takes the
/// last one at most. Memory is that of the series that are there now, however long it goes on.
package struct RecordingWriter: ~Copyable {
  private struct Key: Hashable {
    let family: Int64
    let labels: [UInt8]
  }

  private struct Live {
    let id: Int64
    let digits: UInt8
    var value: StoredValue
    /// The collection that had it last.
    var seen: Int64
  }

  private let database: Database
  private let insertFamily: Statement
  private let insertSeries: Statement
  private let findSeries: Statement
  private let insertTime: Statement
  private let insertSample: Statement
  private var families: [String: Int64] = [:]
  private var live: [Key: Live] = [:]
  private var timeline = Timeline()
  /// Collections that are kept.
  package private(set) var collections: Int64 = 0
  /// Of them, those with a gap before them.
  package private(set) var gaps: Int64 = 0

  /// Series that the last collection had.
  package var seriesCount: Int { live.count }

  /// - Parameters:
  ///   - path: an empty file.
  ///   - about: what a reader wants to know of it: `version`, `host`, `kernel`, `interval_ns`, ….
  package init(_ path: String, about: [(key: String, value: String)]) throws(RecordingError) {
    let database = try Database.open(path, .writing)
    try Self.create(in: database, about)
    let insertFamily = try database.prepare("INSERT INTO families (name, type, unit, help) VALUES (?, ?, ?, ?)")
    let insertSeries = try database.prepare(
      "INSERT INTO series (family, labels, digits, lowest, highest, schema) VALUES (?, ?, ?, ?, ?, ?)")
    let findSeries = try database.prepare("SELECT id, digits FROM series WHERE family = ? AND labels = ?")
    let insertTime = try database.prepare("INSERT INTO times VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
    let insertSample = try database.prepare("INSERT INTO samples VALUES (?, ?, ?)")
    self.database = database
    self.insertFamily = insertFamily
    self.insertSeries = insertSeries
    self.findSeries = findSeries
    self.insertTime = insertTime
    self.insertSample = insertSample
  }

  private static func create(
    in database: borrowing Database, _ about: [(key: String, value: String)]
  ) throws(RecordingError) {
    // Readers do not hold up a writer with a log ahead. It is flushed at checkpoints only: a kill loses nothing that was
    // committed, and a loss of power what came after the last checkpoint.
    try database.execute("PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")
    try database.execute("BEGIN IMMEDIATE; \(RecordingSchema.sql)")
    try database.execute(
      "PRAGMA application_id = \(RecordingSchema.application); PRAGMA user_version = \(RecordingSchema.version);")
    let insert = try database.prepare("INSERT INTO about VALUES (?, ?)")
    for (key, value) in about {
      insert.bind(1, key)
      insert.bind(2, value)
      try insert.run()
    }
    try database.execute("COMMIT")
  }

  /// Keeps a collection. Where that fails, the recording has all that came before.
  ///
  /// - Parameters:
  ///   - parts: no family in two of them.
  ///   - missed: collections that should have come before it and did not.
  package mutating func write(
    _ parts: [Snapshot], at instant: Instant, missed: UInt64
  ) throws(RecordingError) {
    do throws(RecordingError) {
      try database.execute("BEGIN IMMEDIATE")
      let number = collections + 1
      let isGap = try insert(instant, missed, number)
      for part in parts { try write(part, number) }
      try endAbsent(number)
      try database.execute("COMMIT")
      collections = number
      if isGap { gaps += 1 }
    } catch {
      database.rollBack()
      throw error
    }
  }

  private mutating func insert(
    _ instant: Instant, _ missed: UInt64, _ number: Int64
  ) throws(RecordingError) -> Bool {
    let time = timeline.next(instant, missed: missed)
    let gap = time.gaps.joined(separator: ",")
    insertTime.bind(1, number)
    insertTime.bind(2, time.milliseconds)
    insertTime.bind(3, Int64(clamping: instant.monotonic))
    insertTime.bind(4, Int64(clamping: instant.boottime))
    insertTime.bind(5, Int64(clamping: time.elapsed))
    insertTime.bind(6, Int64(clamping: time.suspended))
    insertTime.bind(7, time.step)
    insertTime.bind(8, Int64(clamping: time.missed))
    if gap.isEmpty { insertTime.bind(9, nil as StoredValue?) } else { insertTime.bind(9, gap) }
    try insertTime.run()
    return !gap.isEmpty
  }

  private mutating func write(_ part: Snapshot, _ number: Int64) throws(RecordingError) {
    var family = (index: -1, id: Int64(0))
    for sample in part.samples {
      if sample.family != family.index {
        family = (sample.family, try id(of: part.families[sample.family]))
      }
      let key = Key(family: family.id, labels: Array(part.labels[sample.labels]))
      if let known = live[key] {
        let value = StoredValue(sample.value, of: part, digits: known.digits)
        if value != known.value { try insert(value, of: known.id, number) }
        live[key] = Live(id: known.id, digits: known.digits, value: value, seen: number)
      } else {
        let (id, digits) = try series(key, sample.value)
        let value = StoredValue(sample.value, of: part, digits: digits)
        try insert(value, of: id, number)
        live[key] = Live(id: id, digits: digits, value: value, seen: number)
      }
    }
  }

  private func insert(_ value: StoredValue?, of series: Int64, _ number: Int64) throws(RecordingError) {
    insertSample.bind(1, number)
    insertSample.bind(2, series)
    insertSample.bind(3, value)
    try insertSample.run()
  }

  /// Ends the series that this collection has not.
  private mutating func endAbsent(_ number: Int64) throws(RecordingError) {
    for (key, series) in live where series.seen != number {
      try insert(nil, of: series.id, number)
      live[key] = nil
    }
  }

  private mutating func id(of family: Family) throws(RecordingError) -> Int64 {
    if let id = families[family.name] { return id }
    insertFamily.bind(1, family.name)
    insertFamily.bind(2, family.type.openMetricsWord)
    if let unit = family.unit { insertFamily.bind(3, unit) } else { insertFamily.bind(3, nil as StoredValue?) }
    insertFamily.bind(4, family.help)
    try insertFamily.run()
    let id = database.lastInserted
    families[family.name] = id
    return id
  }

  /// One that was there before has its old row.
  private func series(_ key: Key, _ value: Snapshot.Value) throws(RecordingError) -> (id: Int64, digits: UInt8) {
    defer { findSeries.reset() }
    findSeries.bind(1, key.family)
    findSeries.bind(2, key.labels)
    if try findSeries.step() { return (findSeries.integer(0), UInt8(clamping: findSeries.integer(1))) }
    var digits: UInt8 = 0
    if case .decimal(_, let own) = value { digits = own }
    insertSeries.bind(1, key.family)
    insertSeries.bind(2, key.labels)
    insertSeries.bind(3, Int64(digits))
    if case .histogram(let histogram) = value {
      insertSeries.bind(4, Int64(histogram.layout.lowest))
      insertSeries.bind(5, Int64(histogram.layout.highest))
      insertSeries.bind(6, Int64(histogram.scale.schema))
    } else {
      for column in Int32(4)...6 { insertSeries.bind(column, nil as StoredValue?) }
    }
    try insertSeries.run()
    return (database.lastInserted, digits)
  }

  /// Puts all into the one file, without a log beside it. Where no room is left for that, the log stays, and has what the file
  /// has not.
  package func finish() throws(RecordingError) {
    try database.execute("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;")
  }
}
