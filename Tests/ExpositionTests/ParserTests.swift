import Fixtures
import Exposition
import Foundation
import Testing

/// What others read in our text: this test's own reader, Prometheus's promtool and Python's prometheus_client.
@Suite struct ParserTests {
  @Test(arguments: 0..<150, TextFormat.allCases)
  func `every sample of a random snapshot reads back`(seed: Int, format: TextFormat) throws {
    let random = RandomSnapshot(seed: UInt64(seed))
    let text = random.snapshot.text(format)
    let read = try TextReader(text)
    #expect(read.isEnded == (format == .openMetrics))
    let expected = random.lines()
    #expect(read.samples.count == expected.count)
    for (found, line) in zip(read.samples, expected) {
      #expect(found.name == line.name)
      #expect(found.labels.map(\.name) == line.labels.map(\.name))
      for (label, wanted) in zip(found.labels, line.labels) {
        if wanted.value.hasPrefix("2^") {
          #expect(Double(label.value).map(log2) == Double(wanted.value.dropFirst(2)))
        } else {
          #expect(Array(label.value.utf8) == Array(wanted.value.utf8))
        }
      }
      if let number = line.number {
        let value = try #require(Double(found.value))
        #expect(value == number || value.isNaN && number.isNaN)
      } else {
        #expect(found.value == line.value)
      }
    }
  }

  @Test(arguments: 0..<30, TextFormat.allCases)
  func `every family with samples is announced once and no other`(seed: Int, format: TextFormat) throws {
    let random = RandomSnapshot(seed: UInt64(seed))
    let sampled = Set(random.snapshot.samples.map { random.snapshot.families[$0.family].name })
    let families = random.families.filter { sampled.contains($0.name) }
    let comments = try TextReader(random.snapshot.text(format)).comments
    #expect(comments.filter { $0.keyword == "TYPE" }.count == families.count)
    #expect(comments.filter { $0.keyword == "HELP" }.count == families.count)
    let units = format == .openMetrics ? families.compactMap(\.unit) : []
    #expect(comments.filter { $0.keyword == "UNIT" }.map(\.text) == units)
  }

  @Test func `Python's OpenMetrics parser reads the very samples, types, units and helps`() throws {
    for seed in 1_000..<1_012 {
      let random = RandomSnapshot(seed: UInt64(seed))
      let parsed = try ParsedFamily.parse(random.snapshot.text(.openMetrics), module: "openmetrics.parser")
      try compare(parsed, random)
      let sampled = Set(random.snapshot.samples.map { random.snapshot.families[$0.family] })
      let families = random.families.filter(sampled.contains)
      #expect(parsed.map(\.name) == families.map(\.name))
      #expect(parsed.map(\.unit) == families.map { $0.unit ?? "" })
      #expect(parsed.map(\.help) == families.map(\.help))
      #expect(parsed.map(\.type) == families.map { "\($0.type)" })
    }
  }

  @Test func `Python's Prometheus parser reads the very samples`() throws {
    for seed in 2_000..<2_006 {
      let random = RandomSnapshot(seed: UInt64(seed))
      try compare(try ParsedFamily.parse(random.snapshot.text(.prometheus), module: "parser"), random)
    }
  }

  @Test func `Python's parsers read an example of every type`() throws {
    let example = TextFormatTests.example()
    #expect(try ParsedFamily.parse(example.text(.openMetrics), module: "openmetrics.parser").count == 4)
    #expect(try ParsedFamily.parse(example.text(.prometheus), module: "parser").count == 4)
  }

  @Test func `promtool finds neither an error nor a fault of style`() throws {
    let texts = [TextFormatTests.example()] + (3_000..<3_012).map { RandomSnapshot(seed: $0).snapshot }
    for snapshot in texts {
      let (status, output) = try Tool.promtool.run(snapshot.text(.prometheus))
      #expect(status == 0, "\(output)")
      #expect(output == "")
    }
  }

  @Test func `promtool tells faults of style from errors, so that its silence means something`() throws {
    #expect(try Tool.promtool.run(Array("x_total 1\n".utf8)).status == 3)
    #expect(try Tool.promtool.run(Array("x_total{a=\"b} 1\n".utf8)).status == 1)
  }

  @Test func `a missing tool is an error that names its package`() {
    #expect {
      try Tool(path: "/nonexistent", arguments: [], package: "prometheus").run([])
    } throws: { "\($0)" == "/nonexistent is missing: install the package prometheus" }
  }

  private func compare(_ parsed: [ParsedFamily], _ random: RandomSnapshot) throws {
    let samples = parsed.flatMap(\.samples)
    let lines = random.lines()
    #expect(samples.count == lines.count)
    for (sample, line) in zip(samples, lines) {
      #expect(sample.name == line.name)
      for label in line.labels where !label.value.hasPrefix("2^") {
        #expect(sample.labels[label.name].map { Array($0.utf8) } == Array(label.value.utf8))
      }
      #expect(sample.labels.count == line.labels.count)
      let value = try #require(Double(sample.value))
      let expected = try #require(line.number ?? Double(line.value))
      #expect(value == expected || value.isNaN && expected.isNaN)
    }
  }
}
