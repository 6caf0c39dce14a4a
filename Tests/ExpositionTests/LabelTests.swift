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
  func `text is escaped alike from strings and bytes and reads back`(value: String, escaped: String) throws {
    for found in [
      try label { $0.label("a", value) },
      try label { writer in Array(value.utf8).withUnsafeBytes { writer.label("a", bytes: $0) } },
    ] {
      #expect(found.raw.utf8.elementsEqual("a=\"\(escaped)\"".utf8))
      #expect(found.read == value)
    }
  }

  @Test(
    arguments: [
      ([0xFF], "\u{FFFD}"), ([0x41, 0xC3], "A\u{FFFD}"), ([0xF0, 0x9F, 0x98], "\u{FFFD}"),
      ([0x22, 0x80, 0x5C, 0x0A], "\"\u{FFFD}\\\n"), ([0xC0, 0x80], "\u{FFFD}\u{FFFD}"),
      ([0xF0, 0x9F, 0x98, 0x80], "😀"), ([0xED, 0xA0, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}"),
    ] as [([UInt8], String)])
  func `bytes that are no UTF-8 become replacement characters`(bytes: [UInt8], expected: String) throws {
    #expect(try label { writer in bytes.withUnsafeBytes { writer.label("a", bytes: $0) } }.read == expected)
  }

  @Test func `a NUL does not reach the text, where Prometheus would stop reading`() throws {
    #expect(try label { $0.label("a", "b\0c") }.read == "b\u{FFFD}c")
    #expect(
      try label { writer in [0x62, 0, 0xFF].withUnsafeBytes { writer.label("a", bytes: $0) } }.read?.contains("\0")
        == false)
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
