import Exposition
import Fixtures
import Testing

@testable import Recording

@Suite struct RecordingReaderTests {
  /// What it says of a file; nil: nothing, it could be read to its end.
  private static func refusal(_ path: String) -> RecordingError? {
    do throws(RecordingError) {
      let reader = try RecordingReader(path)
      try reader.forEach { _ throws(RecordingError) in
      } change: { _, _, _ throws(RecordingError) in
      }
      _ = try CSVExport().write(reader) { _ throws(RecordingError) in }
      _ = try OpenMetricsExport(labels: [], now: .max).write(reader) { _ throws(RecordingError) in }
      return nil
    } catch {
      return error
    }
  }

  @Test func whatIsNoRecordingIsRefused() throws {
    let tree = try TemporaryTree()
    let database = try tree.write("database", "")
    try Samples.change(database, "CREATE TABLE about (key, value)")
    for path in [try tree.write("empty", ""), try tree.write("text", "hello, world\n"), database] {
      #expect(Self.refusal(path)?.kind == .foreign)
    }
    #expect(Self.refusal(tree.path("none"))?.kind == .system)
    #expect(Self.refusal(tree.path("none"))?.message.contains("No such file or directory") == true)
  }

  @Test func halfOfARecordingIsRefused() throws {
    let tree = try TemporaryTree()
    let bytes = try Samples.bytes(Samples.recordSome(in: tree))
    for share in 1..<8 {
      let path = try tree.write("half", bytes: Array(bytes[..<(bytes.count * share / 8)]))
      #expect(Self.refusal(path)?.kind == .damaged, "\(share)/8")
    }
  }

  @Test func aNewerSchemaIsRefused() throws {
    let tree = try TemporaryTree()
    let path = try Samples.recordSome(in: tree)
    #expect(Self.refusal(path) == nil)
    try Samples.change(path, "PRAGMA user_version = \(RecordingSchema.version + 1)")
    #expect(Self.refusal(path)?.kind == .foreign)
    #expect(Self.refusal(path)?.message.contains("schema \(RecordingSchema.version + 1)") == true)
  }

  /// Another version may have other types, columns, tables and words about itself.
  @Test func whatIsNotKnownIsLeftOut() throws {
    let tree = try TemporaryTree()
    let path = try Samples.recordSome(in: tree)
    let before = try Samples.values(path)
    try Samples.change(
      path,
      """
      INSERT INTO families VALUES (99, 'wattprobe_new', 'summary', NULL, 'New.');
      INSERT INTO series VALUES (999, 99, '', 0, NULL, NULL, NULL);
      INSERT INTO samples VALUES (1, 999, 5), (2, 998, 5), (77, 1, 5);
      ALTER TABLE times ADD COLUMN weather TEXT;
      CREATE TABLE events (time INTEGER);
      DELETE FROM about;
      """)
    #expect(Self.refusal(path) == nil)
    #expect(try Samples.values(path) == before)
  }

  @Test(arguments: [
    "DROP TABLE samples", "UPDATE samples SET value = x'00'", "UPDATE samples SET value = 'x'",
    "UPDATE samples SET value = '[1]' WHERE value LIKE '[%'", "UPDATE samples SET value = '[1,99999999]'",
    "UPDATE samples SET value = '[1,2,18446744073709551616]'", "UPDATE series SET digits = 300",
    "UPDATE series SET lowest = 9 WHERE lowest IS NOT NULL", "UPDATE series SET highest = 99 WHERE highest IS NOT NULL",
    "UPDATE series SET schema = 7 WHERE schema IS NOT NULL", "UPDATE series SET labels = 'a=b' || id",
    "UPDATE families SET name = 'a b' || id", "UPDATE times SET realtime_ms = -1",
    "UPDATE times SET realtime_ms = 9223372036854775807", "UPDATE times SET realtime_ms = 'now'",
    "DELETE FROM times",
  ])
  func whatCannotBeIsDamage(_ sql: String) throws {
    let tree = try TemporaryTree()
    let path = try Samples.recordSome(in: tree)
    try Samples.change(path, sql)
    // a histogram without any value ends, as far as a reader can tell
    if sql.contains("x'00'") {
      #expect(try Samples.values(path).values.allSatisfy { $0.allSatisfy { $0 == "-" } })
    } else {
      #expect(Self.refusal(path)?.kind == .damaged)
    }
  }

  @Test(arguments: [
    "UPDATE times SET elapsed_ns = -5, suspended_ns = -5, missed = -5, step_ms = -9223372036854775808",
    "UPDATE families SET unit = 'furlongs'", "UPDATE families SET help = ''",
    "UPDATE samples SET value = 9223372036854775807 WHERE typeof(value) = 'integer'",
  ])
  func strangeNumbersAreRead(_ sql: String) throws {
    let tree = try TemporaryTree()
    let path = try Samples.recordSome(in: tree)
    try Samples.change(path, sql)
    #expect(Self.refusal(path) == nil)
  }

  /// Whatever a disk or somebody else does to a recording, it is read or refused.
  @Test func noBytesTrap() throws {
    let tree = try TemporaryTree()
    let bytes = try Samples.bytes(Samples.recordSome(in: tree))
    var random = Generator(seed: 11)
    var refused = 0
    for _ in 0..<400 {
      var changed = bytes
      for _ in 0...random.below(12) {
        // headers of the file and its pages more often than the rest
        let place = random.chance(2) ? random.below(200) : random.below(UInt64(changed.count))
        changed[Int(place)] = UInt8(truncatingIfNeeded: random.next())
      }
      if Self.refusal(try tree.write("changed", bytes: changed)) != nil { refused += 1 }
    }
    #expect(refused > 100)
  }
}
