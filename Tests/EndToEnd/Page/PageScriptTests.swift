import Foundation
import Testing

extension EndToEnd {
  /// The arithmetic and the parser of the page's script, in the browser that runs them.
  @Suite struct PageScriptTests {
    /// What the script declares, without the page that it makes.
    private static func browser() throws -> Browser {
      let browser = try Browser()
      let source = try Document("Sources/CPage/page.c").text.matches(of: /script\/([^"]+)/).map(\.1)
        .filter { $0 != "main.js" }.map { try Document("Sources/CPage/script/\($0)").text }.joined(separator: "\n")
      try browser.run(source)
      return browser
    }

    @Test func textIsParsedAsOpenMetricsHasIt() throws {
      let browser = try Self.browser()
      let text = #"""
        # TYPE a_seconds counter
        # UNIT a_seconds seconds
        # HELP a_seconds Back\\slash, \"quote\" and\nline.
        a_seconds_total{x="\\ \" \n }",y="a,b=\"c\" 7"} 18446744073709551615 1.5 # {trace="x"} 1
        a_seconds_created{x=""} 1.0
        # TYPE b gauge
        b{name="<script>"} -Inf
        b NaN
        # TYPE newer stateset
        newer{newer="on"} 1
        unannounced{le="+Inf"} 3
        what is this?
        {"quoted.name"} 1
        # a remark
        # EOF
        after 1
        """#
      struct Sample: Decodable, Equatable {
        let family, suffix, value: String
        let labels: [[String]]
      }
      try browser.run("window.parsed = parseOpenMetrics(\(LivePage.quoted(text)))")
      let samples = try browser.evaluate(
        """
        [...parsed.families.values()].flatMap((family) => family.samples.map((one) => (
          { family: family.name, suffix: one.suffix, value: one.value, labels: [...one.labels] })))
        """, as: [Sample].self)
      #expect(
        samples == [
          Sample(
            family: "a_seconds", suffix: "_total", value: "18446744073709551615",
            labels: [["x", "\\ \" \n }"], ["y", "a,b=\"c\" 7"]]),
          Sample(family: "a_seconds", suffix: "_created", value: "1.0", labels: [["x", ""]]),
          Sample(family: "b", suffix: "", value: "-Inf", labels: [["name", "<script>"]]),
          Sample(family: "b", suffix: "", value: "NaN", labels: []),
          Sample(family: "newer", suffix: "", value: "1", labels: [["newer", "on"]]),
          Sample(family: "unannounced", suffix: "", value: "3", labels: [["le", "+Inf"]]),
        ])
      #expect(try browser.evaluate("[parsed.isWhole, parsed.skipped === 2]") == [true, true])
      #expect(try browser.evaluate("parsed.families.get('a_seconds').help") == "Back\\slash, \"quote\" and\nline.")
      #expect(try browser.evaluate("parsed.families.get('a_seconds').unit") == "seconds")
      #expect(try browser.evaluate("parseOpenMetrics('a 1').isWhole") == false)
    }

    @Test(
      arguments: [
        ("1", "3", 2.0), ("1.5", "1.75", 0.25), ("3", "1", nil), ("1e3", "2e3", 1000), ("NaN", "1", nil),
        ("9007199254740993", "9007199254740994", 1), ("18446744073709551610", "18446744073709551615", 5),
        ("999999999999999", "1000000000000001", 2), ("18446744073709551615", "0", nil),
      ] as [(String, String, Double?)])
    func countersGrowOrBeganAnew(before: String, after: String, grown: Double?) throws {
      let browser = try Self.browser()
      #expect(try browser.evaluate("increase('\(before)', '\(after)')", as: Double?.self) == grown)
    }

    /// A rate is told of two answers of one run of the exporter only.
    @Test func ratesAreOfTheTimeThatPassed() throws {
      let browser = try Self.browser()
      try browser.run(
        """
        const scraped = (time, text, before) => new Scrape(time, parseOpenMetrics(text).families, before);
        window.first = scraped(1000, "process_start_time_seconds 5\\na_total 10\\n# EOF\\n", null);
        window.second = scraped(3500, "process_start_time_seconds 5\\na_total 20\\nb_total 3\\n# EOF\\n", first);
        window.third = scraped(4500, "process_start_time_seconds 6\\na_total 40\\n# EOF\\n", second);
        """)
      let rates = try browser.evaluate(
        "[first.rate('a_total'), second.rate('a_total'), second.rate('b_total'), third.rate('a_total')]",
        as: [Double?].self)
      #expect(rates == [nil, 4, nil, nil])
    }

    /// What is kept does not grow with the time that the page is open.
    @Test func memoryIsBounded() throws {
      let browser = try Self.browser()
      let counts = try browser.evaluate(
        """
        (() => {
          const series = new SeriesHistory();
          const histogram = new HistogramHistory();
          let before = null;
          for (let second = 0; second < 3000; second += 1) {
            const text = `h_bucket{le="1.0"} ${second}\\nh_bucket{le="+Inf"} ${second * 2}\\n# EOF\\n`;
            const scrape = new Scrape(second * 1000, parseOpenMetrics("# TYPE h histogram\\n" + text).families, before);
            if (scrape.before) scrape.before.before = null;
            series.add(`process ${second}`, "", scrape, 1);
            series.add("all", "", scrape, second);
            series.prune(scrape.time);
            histogram.add(scrape, "h");
            histogram.prune(scrape.time);
            before = scrape;
          }
          return [series.series.size, series.series.get("all").points.length, histogram.columns.length,
            histogram.counts(histogram.columns[0], "")[1]];
        })()
        """, as: [Int].self)
      #expect(counts[0] <= 902)
      #expect((800...901).contains(counts[1]) && (800...901).contains(counts[2]))
      #expect(counts[3] == 1)
    }

    @Test(arguments: [
      ("1.279999981120133", "W", "1.28\u{a0}W"), ("0.0000019", "J", "1.90\u{a0}µJ"), ("999.96", "W", "1.00\u{a0}kW"),
      ("0", "B/s", "0\u{a0}B/s"), ("1500", "s", "1500\u{a0}s"), ("0.00195", "s", "1.95\u{a0}ms"),
      ("0.04", "CPUs", "0.0400\u{a0}CPUs"), ("17", "", "17"), ("null", "W", "–"), ("NaN", "", "not a number"),
      ("-2", "W", "−2.00\u{a0}W"), ("1e20", "B", "100000000\u{a0}TB"),
    ])
    func figuresHaveThreeDigits(value: String, unit: String, text: String) throws {
      let browser = try Self.browser()
      #expect(try browser.evaluate("figure(\(value), '\(unit)')") == text)
    }
  }
}
