import Exposition
import Testing

@testable import Readings

@Suite struct ExpositionParserTests {
  private static func read(_ text: String, _ format: TextFormat = .prometheus) throws -> Reading {
    try Reading(Array(text.utf8), format: format, time: 0)
  }

  /// Text, the line that is wrong, and a word of why.
  @Test(arguments: [
    ("a 1\nb\n", 2, "number"), ("a 1", 1, "no end"), ("a{x=\"1\" 1\n", 1, "labels"), ("a{x=1} 1\n", 1, "labels"),
    ("a{x=\"1} 1\n", 1, "labels"), ("a{x=\"1\",x=\"2\"} 1\n", 1, "labels"), ("1a 1\n", 1, "name"),
    ("a{} one\n", 1, "number"), ("a 1 2 3\n", 1, "time"), ("a 1 x\n", 1, "time"), ("a 1\na 2\n", 2, "twice"),
    ("# TYPE a colour\n", 1, "type"), ("# TYPE a\n", 1, "TYPE"), ("# TYPE a gauge\n# TYPE a gauge\n", 2, "twice"),
    ("# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_count 1\nh_sum 1\n", 4, "+Inf"),
    ("# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\n", 3, "rise"),
    ("# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_count 2\nh_sum 1\n", 4, "count"),
    ("# TYPE h histogram\nh_bucket 1\n", 2, "bound"), ("# TYPE h histogram\nh_bucket{le=\"x\"} 1\n", 2, "bound"),
    ("# TYPE h histogram\nh_bucket{le=\"+Inf\"} -1\n", 2, "count"), ("a{x=\"1\"}1\n", 1, "number"),
    ("\u{1B}[2J 1\n", 1, "name"),
  ])
  func malformedTextIsOneErrorThatNamesTheLine(text: String, line: Int, word: String) throws {
    let error = try #require(throws: ExpositionError.self) { _ = try Self.read(text) }
    #expect(error.line == line, "\(error)")
    #expect(error.cause.contains(word), "\(error)")
    #expect(!error.description.utf8.contains(0x1B))
  }

  @Test(arguments: [
    ("a 1\n", 1, "# EOF"), ("# EOF\na 1\n", 2, "after"), ("\n# EOF\n", 1, "empty"), ("", 0, "# EOF"),
  ])
  func openMetricsIsWhole(text: String, line: Int, word: String) throws {
    let error = try #require(throws: ExpositionError.self) { _ = try Self.read(text, .openMetrics) }
    #expect(error.line == line, "\(error)")
    #expect(error.cause.contains(word), "\(error)")
  }

  @Test func commentsBlankLinesTimesAndExemplarsArePassedOver() throws {
    let reading = try Self.read("# a comment\n\n#\n# HELP a Help.\na{ x=\"1\" , y=\"2\", }\t3 1700000000000\n")
    #expect(reading.numbers("a") == [Labels([("x", "1"), ("y", "2")]): Number(3)])
    let exemplar = "# TYPE c counter\nc_total 3 # {trace_id=\"a b\"} 1 2\nc_created 5\n# EOF\n"
    #expect(try Self.read(exemplar, .openMetrics).numbers("c") == [.none: Number(3)])
  }

  @Test func escapesAreUndoneAndOrderDoesNotMatter() throws {
    let reading = try Self.read(#"a{y="\\n\n\"\q",x="é"} 1"# + "\n")
    #expect(reading.numbers("a") == [Labels([("x", "é"), ("y", "\\n\n\"\\q")]): Number(1)])
  }

  @Test func whatSuffixesMeanDependsOnTheFormat() throws {
    let older = try Self.read("# TYPE c_total counter\nc_total 1\n# TYPE i_info gauge\ni_info 1\nfree_total 2\n")
    #expect(older.families.keys.sorted() == ["c", "free_total", "i"])
    #expect(older.families["c"]?.accumulates == true)
    #expect(older.families["free_total"]?.accumulates == false)
    let newer = try Self.read("# TYPE c counter\nc_total 1\n# TYPE i info\ni_info 1\n# EOF\n", .openMetrics)
    #expect(newer.families.keys.sorted() == ["c", "i"])
  }

  @Test func summariesAreReadAndNotKept() throws {
    let text = "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 1\ns_count 1\n# TYPE g gauge\ng 1\n"
    #expect(try Self.read(text).families.keys.sorted() == ["g"])
  }
}
