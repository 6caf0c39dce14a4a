import Exposition
import Fixtures
import Foundation
import Recording
import Testing

@testable import Report

@Suite struct ReportTextTests {
  @Test func namesFromOutsideAreText() {
    var made = MadeUp.machine
    made.name = "<script>alert(1)</script>.db"
    made.about["host"] = "\"><script>"
    for html in [ReportPage([made.figures]).html, ReportPage([made.figures, made.figures]).html] {
      #expect(!html.contains("<script"))
      #expect(html.contains("<bdi>&lt;script&gt;x</bdi>"))
      #expect(html.contains("&lt;script&gt;x (12)"))
      #expect(html.contains("&lt;script&gt;alert(1)"))
      #expect(html.contains("&quot;&gt;&lt;script&gt;"))
    }
  }

  @Test func thePageRunsAndLoadsNothing() throws {
    let html = ReportPage([MadeUp.machine.figures]).html
    #expect(
      html.contains("http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline';"))
    #expect(
      html.firstMatch(of: /(?i)<(script|link|img|iframe|object|embed|form)\b|\bon[a-z]+=|javascript:|https?:/) == nil)
  }

  /// What is shown by colour and place is told in words, too, and ids are there once.
  @Test func plotsAndTablesHaveWords() {
    for figures in [[MadeUp.machine.figures], [MadeUp.machine.figures, MadeUp.machine.figures]] {
      let html = ReportPage(figures).html
      let plots = html.matches(
        of:
          /<svg [^>]*role="img" aria-labelledby="([^ ]+) ([^"]+)">\n<title id="([^"]+)">[^<]+<\/title>\n<desc id="([^"]+)">[^<]+<\/desc>/
      )
      #expect(plots.count >= 7 * figures.count)
      #expect(plots.count == html.matches(of: /<svg\b/).count)
      for plot in plots { #expect(plot.1 == plot.3 && plot.2 == plot.4) }
      let ids = html.matches(of: /\bid="([^"]+)"/).map(\.1)
      #expect(Set(ids).count == ids.count)
      #expect(html.matches(of: /<th>/).isEmpty)
      #expect(html.matches(of: /<th scope="(col|row)"/).count > 40)
      #expect(html.matches(of: /<th scope="col"[^>]*><\/th>/).isEmpty)
    }
  }

  /// As XML has it: every tag is closed, but for HTML's void ones.
  @Test func thePageIsWellFormed() throws {
    for figures in [
      [MadeUp.machine.figures], [MadeUp(seconds: 0).figures], [MadeUp.machine.figures, MadeUp(seconds: 3).figures],
    ] {
      let html = ReportPage(figures).html
      let text = html.replacing("<!DOCTYPE html>", with: "").replacing(/<meta ([^>]*)>/) { "<meta \($0.1)/>" }
      let parser = TagChecker(text)
      #expect(parser.error == nil)
    }
  }

  @Test func figuresAreJSON() throws {
    let text = ReportJSON.text([MadeUp.machine.figures, MadeUp(seconds: 0).figures])
    let json = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let recordings = try #require(json["recordings"] as? [[String: Any]])
    #expect(recordings.count == 2)
    #expect(text.contains(#""measured_joules":100.00001,"processes_joules":60"#))
    #expect(text.contains(#""comm":"<script>x""#))
    #expect((json["comparison"] as? [Any])?.isEmpty == false)
  }

  @Test func theSummaryHasNothingForATerminalToObey() {
    var made = MadeUp.machine
    made.counter(
      "process_energy_joules", "pid=\"99\",comm=\"\u{1B}[2J\u{202E}evil\r\",cgroup=\"\"", digits: 6,
      made.times.indices.map { UInt64($0) * 9_000_000 })
    let text = Summary([made.figures]).text
    #expect(text.contains("\u{FFFD}[2J\u{FFFD}evil\u{FFFD} (99): 90.000 J"))
    #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\n" })
  }

  /// Whatever a recording says, there is a report of it.
  @Test func nothingInARecordingTraps() {
    var random = Generator(seed: 5)
    let families = Array(Measures.counters.keys) + Array(Measures.histograms.keys) + ["load_tracking", "unknown"]
    let words = ["", "other", "idle", "task", "io_bound", "util_avg", "over", "up", "\u{0}", "a\"b", "package-0"]
    func number() -> UInt64 { random.chance(2) ? random.below(100) : random.next() }
    for _ in 0..<60 {
      let count = Int(random.below(12))
      var analysis = Analysis(name: "x", about: [:], collections: Int(random.below(20)))
      var series: [RecordedSeries] = []
      for _ in 0..<20 {
        let family = families[Int(random.below(UInt64(families.count)))]
        let names = Measures.counters[family]?.labels ?? Measures.histograms[family]?.labels ?? []
        let labels = names.map { "\($0)=\"\(words[Int(random.below(UInt64(words.count - 2)))])\"" }
        let types: [MetricType] = [.counter, .gauge, .histogram, .info, .unknown]
        let own: MetricType = Measures.histograms[family] != nil ? .histogram : .counter
        series.append(
          RecordedSeries(
            family: RecordedFamily(
              name: "wattprobe_" + family, type: random.chance(5) ? types[Int(random.below(5))] : own),
            labels: Array(labels.joined(separator: ",").utf8), digits: UInt8(random.below(19)),
            scale: SlotScale(isFine: random.chance(3))))
      }
      for _ in 0..<count {
        analysis.begin(
          RecordedTime(
            milliseconds: Int64(random.below(253_402_300_799_999)), elapsed: number(),
            suspended: random.chance(3) ? number() : 0,
            step: random.chance(3) ? Int64(truncatingIfNeeded: random.next()) : 0,
            missed: random.chance(3) ? number() : 0))
        for (index, one) in series.enumerated() {
          let values: [RecordedValue?] = [
            nil, .scaled(number(), digits: UInt8(random.below(19))), .negative(number(), digits: 3), .real(.nan),
            .real(-.infinity), .real(1e308),
            .histogram(RecordedHistogram(sum: number(), slots: (0..<Int(random.below(600))).map { _ in number() })),
          ]
          analysis.change(Int64(index), one, values[Int(random.below(UInt64(values.count)))])
        }
      }
      let figures = analysis.finish()
      #expect(!Summary([figures, figures]).text.isEmpty)
      #expect(!ReportPage([figures, figures]).html.contains("nan"))
      #expect(throws: Never.self) {
        try JSONSerialization.jsonObject(with: Data(ReportJSON.text([figures, figures]).utf8))
      }
    }
  }

  @Test(arguments: [
    (0.0, "0 s"), (1e-12, "1 ns"), (1.5e-9, "1.5 ns"), (0.001_25, "1.25 ms"), (59.94, "59.9 s"), (3600, "60 min"),
    (7200, "2 h"), (200, "3 min 20 s"),
    (400_000, "4 d 15 h"), (1e300, "1e+300 s"), (.infinity, "–"), (.nan, "–"),
  ])
  func timesAreReadable(_ seconds: Double, _ text: String) {
    #expect(NumberText.duration(seconds) == text)
  }

  @Test(arguments: [
    (0.0, "0"), (1234, "1,234"), (12_345, "12.3k"), (0.5, "0.5"), (99.95, "100"), (-2.5, "−2.5"), (1e15, "1,000T"),
    (1e300, "1e+288T"),
  ])
  func numbersAreShort(_ value: Double, _ text: String) {
    #expect(NumberText.short(value) == text)
  }

  @Test(arguments: [
    (Exact(1_500_000, digits: 6), Exact(1, digits: 9), "1.500000001"),
    (Exact(.max, digits: 0), Exact(1, digits: 0), "9223372036854775807"),
    (Exact(5, digits: 0), Exact(-7, digits: 0), "-2"),
  ])
  func sumsAreExact(_ one: Exact, _ other: Exact, _ sum: String) {
    #expect((one + other).text == sum)
  }

  @Test func quantilesAreWithinTheirSlots() {
    let distribution = Distribution(slots: [0, 0, 10, 0, 10], sum: 1)
    #expect(distribution.quantile(0.25).map { $0 > Distribution.bound(1) && $0 <= Distribution.bound(2) } == true)
    #expect(distribution.quantile(0.5) == Distribution.bound(2))
    #expect(distribution.quantile(1) == Distribution.bound(4))
    #expect(Distribution(slots: [], sum: 0).quantile(0.5) == nil)
    #expect(distribution.count(upTo: -27) == 10)
    #expect(Distribution.bound(30) == 1)
  }
}

/// Whether every tag of a text is closed by its own.
private struct TagChecker {
  private(set) var error: String?

  init(_ text: String) {
    var open: [Substring] = []
    for tag in text.matches(of: /<(\/?)([a-zA-Z0-9]+)((?:[^>"]|"[^"]*")*?)(\/?)>/) {
      if !tag.1.isEmpty {
        if open.popLast() != tag.2 { error = "</\(tag.2)> closes something else" }
      } else if tag.4.isEmpty {
        open.append(tag.2)
      }
    }
    if error == nil && !open.isEmpty { error = "\(open) is not closed" }
  }
}
