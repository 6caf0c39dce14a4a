import Exposition
import Fixtures
import Foundation

@testable import Recording

/// Recordings of a few series.
enum Samples {
  static let seconds = Family("test_seconds", .counter, unit: "seconds", labels: ["kind"], help: "Seconds.")
  static let gauge = Family("test_ratio", .gauge, unit: "ratio", labels: ["comm"], help: "A \"ratio\".")
  static let count = Family("test_events", .counter, labels: ["kind"], help: "Events.")
  static let wait = Family("test_wait_seconds", .histogram, unit: "seconds", help: "Waits.")
  static let build = Family("test_build", .info, labels: ["comm"], help: "Build.")
  static let layout = HistogramLayout(lowest: -4, highest: 1)

  static func snapshot(_ body: (inout SampleWriter) -> Void) -> Snapshot {
    var writer = SampleWriter()
    body(&writer)
    return writer.finish()
  }

  /// A time of whole milliseconds, all clocks alike.
  static func instant(_ milliseconds: UInt64) -> Instant {
    Instant(
      realtime: 1_700_000_000_000_000_000 + milliseconds * 1_000_000, monotonic: milliseconds * 1_000_000,
      boottime: milliseconds * 1_000_000)
  }

  /// Records collections, a second apart; returns the path.
  @discardableResult
  static func record(_ collections: [Snapshot], in tree: TemporaryTree, as name: String = "recording") throws -> String
  {
    let path = try tree.write(name, "")
    var writer = try RecordingWriter(path, about: [("host", "test")])
    for (index, snapshot) in collections.enumerated() {
      try writer.write([snapshot], at: instant(UInt64(index) * 1000), missed: 0)
    }
    try writer.finish()
    return path
  }

  /// One of everything, twice.
  static func recordSome(in tree: TemporaryTree) throws -> String {
    try record(
      (1...2).map { factor in
        snapshot { writer in
          writer.begin(seconds)
          writer.label("kind", "a,\"b\"\n\\")
          writer.nanoseconds(1_000_000_001 * UInt64(factor))
          writer.begin(gauge)
          writer.label("comm", "<script>x")
          writer.double(0.1 * Double(factor))
          writer.begin(wait)
          writer.histogram(slots: [0, 0, 3, 0, UInt64(factor)], sum: 7, layout: layout)
          writer.begin(build)
          writer.label("comm", "x")
          writer.unsigned(1)
        }
      }, in: tree)
  }

  /// Every value that a recording shows, by family, as exact text; `-`: the series has ended.
  static func values(_ path: String) throws -> [String: [String]] {
    let reader = try RecordingReader(path)
    var values: [String: [String]] = [:]
    try reader.forEach { _ in
    } change: { _, series, value in
      let key = series.family.name + "{" + String(decoding: series.labels, as: UTF8.self) + "}"
      let text =
        switch value {
        case .histogram(let histogram): "\(histogram.sum):\(histogram.slots)"
        case let value?: String(decoding: value.text, as: UTF8.self)
        case nil: "-"
        }
      values[key, default: []].append(text)
    }
    return values
  }

  static func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

  /// Changes a recording by SQL.
  static func change(_ path: String, _ sql: String) throws {
    try Database.open(path, .writing).execute(sql)
  }
}
