import Fixtures
import Exposition
import Testing

@Suite struct LabelTests {
  /// The label as it stands in the text, and as it reads back.
  private func label(_ write: (inout SampleWriter) -> Void) throws -> (raw: String, read: String?) {
    var writer = SampleWriter()
    writer.begin(Family("x", .gauge, labels: ["a"], help: "X."))
    write(&writer)
    writer.integer(1)
    let snapshot = writer.finish()
    let read = try TextReader(snapshot.text(.openMetrics)).samples.first?.labels.first?.value
    return (String(decoding: snapshot.labels, as: UTF8.self), read)
  }

  @Test(arguments: [
    ("", ""), ("plain", "plain"), ("\"", "\\\""), ("\\", "\\\\"), ("\n", "\\n"), ("\\n", "\\\\n"),
    ("a,b=\"c\"} 1\n# EOF\n", "a,b=\\\"c\\\"} 1\\n# EOF\\n"), ("😀é", "😀é"), ("\u{1}\t\r\u{7F}", "\u{1}\t\r\u{7F}"),
  ])
  func `text is escaped and reads back`(value: String, escaped: String) throws {
    let found = try label { $0.label("a", value) }
    #expect(found.raw.utf8.elementsEqual("a=\"\(escaped)\"".utf8))
    #expect(found.read == value)
  }

  @Test func `a NUL does not reach the text, where Prometheus would stop reading`() throws {
    #expect(try label { $0.label("a", "b\0c") }.read == "b\u{FFFD}c")
  }

  @Test func `integers of every width are labels`() throws {
    #expect(try label { $0.label("a", Int8.min) }.read == "-128")
    #expect(try label { $0.label("a", UInt64.max) }.read == "18446744073709551615")
    #expect(try label { $0.label("a", Int64.min) }.read == "-9223372036854775808")
    #expect(try label { $0.label("a", UInt32(0)) }.read == "0")
  }

  @Test func `labels without a value do not reach the next family`() throws {
    var writer = SampleWriter()
    writer.begin(Family("x", .gauge, labels: ["a"], help: "X."))
    writer.label("a", "given up")
    writer.begin(Family("y", .gauge, labels: ["a"], help: "Y."))
    writer.label("a", "kept")
    writer.integer(1)
    let snapshot = writer.finish()
    #expect(try TextReader(snapshot.text(.prometheus)).samples.map(\.labels) == [[.init(name: "a", value: "kept")]])
  }

  #if DEBUG
    @Test func `a label that is not the family's or not in its order is caught in debug builds`() async {
      await #expect(processExitsWith: .failure) {
        var writer = SampleWriter()
        writer.begin(Family("x", .gauge, labels: ["a"], help: "X."))
        writer.label("b", 1)
      }
      await #expect(processExitsWith: .failure) {
        var writer = SampleWriter()
        writer.begin(Family("x", .gauge, labels: ["a", "b"], help: "X."))
        writer.label("b", 1)
        writer.label("a", 1)
      }
    }

    @Test func `a number for a histogram is caught in debug builds`() async {
      await #expect(processExitsWith: .failure) {
        var writer = SampleWriter()
        writer.begin(Family("x", .histogram, help: "X."))
        writer.integer(1)
      }
    }
  #endif
}
