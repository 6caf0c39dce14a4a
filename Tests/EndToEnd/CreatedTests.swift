import Glibc
import Testing

extension EndToEnd {
  /// When series begin, as real servers take it in.
  @Suite struct CreatedTests {
    private static let protobuf = ["scrape_protocols: [PrometheusProto]"]
    private static let openMetrics = ["scrape_protocols: [OpenMetricsText1.0.0]"]

    @Test(arguments: [protobuf, openMetrics])
    func increaseOverAProcessLifeIsWhatItUsed(access: [String]) async throws {
      let newer = try await NewerPrometheus.sid.path()
      let exporter = try await Exporter(["--web.created"])
      let prometheus = try await PrometheusServer(
        scraping: exporter.port, access: access, newer: newer, features: ["created-timestamp-zero-ingestion"])
      try await eventually("a scrape") { try prometheus.hasData(#"up{job="wattprobe"} == 1"#) ? () : nil }

      // it uses some CPU time until it is first scraped: that is what would be lost
      let load = try RunningProgram(
        "/bin/sh", ["-c", "n=0; while [ $n -lt 3000000 ]; do n=$((n + 1)); done; sleep 60"])
      let series = #"wattprobe_process_cpu_seconds_total{pid="\#(load.pid)",mode="user"}"#
      try await eventually("the process to rest") {
        try prometheus.hasData("\(series) > 0 and \(series) == \(series) offset 3s") ? () : nil
      }
      let used = try #require(try prometheus.value(series))
      let least = try #require(try prometheus.value("min_over_time(\(series)[5m])"))
      #expect(least == 0)
      // a scrape may have shown that 0 itself, but never this one
      let switches = #"wattprobe_sched_context_switches_total{kind="voluntary"}"#
      #expect(try prometheus.value("min_over_time(\(switches)[5m])") == 0)
      // extrapolated by half an interval at the end, never below what it grew by
      let increase = try #require(try prometheus.value("increase(\(series)[5m])"))
      #expect(increase >= used * 0.999999 && increase < used * 1.5, "\(increase) of \(used)")
      // not stored as series
      #expect(try !prometheus.hasData(#"{__name__=~".+_created"}"#))
      for suffix in ["bucket", "count", "sum"] {
        #expect(try prometheus.hasData("wattprobe_sched_runqueue_latency_seconds_\(suffix)"))
      }

      load.signal(SIGKILL)
      try await prometheus.stop()
      #expect(try await exporter.stop().status == 0)
    }

    /// By series, as OpenMetrics has them; each right behind its total or sum.
    private func times(_ exporter: Exporter) throws -> [String: Double] {
      let text = try exporter.get(accept: "application/openmetrics-text").body
      let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
      var times: [String: Double] = [:]
      for (line, before) in zip(lines.dropFirst(), lines) where line.contains("_created") {
        let series = String(line.prefix { $0 != " " })
        let totals = ["_total", "_sum"].map { series.replacing("_created", with: $0) + " " }
        #expect(totals.contains { before.hasPrefix($0) }, "\(before) before \(line)")
        times[series] = try #require(line.split(separator: " ").last.flatMap { Double($0) })
      }
      return times
    }

    @Test func timesStayAndAProcessThatComesLaterBeganLater() async throws {
      let exporter = try await Exporter(["--web.created"])
      let before = try times(exporter)
      let began = try #require(before["wattprobe_sched_migrations_created"])
      let start = try #require(try exporter.samples().first { $0.hasPrefix("process_start_time_seconds ") })
      let started = try #require(start.split(separator: " ").last.flatMap { Double($0) })
      let own = try #require(before["process_cpu_seconds_created"])
      #expect(own <= began && abs(own - started) < 0.001)

      let load = try RunningProgram("/bin/sh", ["-c", "while :; do :; done"])
      let after = try await eventually("the process to have series") {
        let times = try times(exporter)
        return times.keys.contains { $0.contains(#"pid="\#(load.pid)""#) } ? times : nil
      }
      for (series, time) in after {
        if let first = before[series] { #expect(time == first, "\(series)") }
        if series.contains(#"pid="\#(load.pid)""#) { #expect(time > began, "\(series)") }
        if series.contains(#"pid="other""#) { #expect(time == began, "\(series)") }
      }
      load.signal(SIGKILL)
      #expect(try await exporter.stop().status == 0)
    }

    @Test func theDistributionsPrometheusKeepsClassicHistogramsFromProtobuf() async throws {
      let exporter = try await Exporter()
      let prometheus = try await PrometheusServer(scraping: exporter.port, features: ["native-histograms"])
      try await eventually("a scrape") { try prometheus.hasData(#"up{job="wattprobe"} == 1"#) ? () : nil }
      for expression in [
        "wattprobe_sched_runqueue_latency_seconds_bucket", "wattprobe_sched_context_switches_total",
        "wattprobe_build_info == 1", "wattprobe_collector_up",
      ] {
        try await eventually("data of \(expression)") { try prometheus.hasData(expression) ? () : nil }
      }
      try await prometheus.stop()
      #expect(try await exporter.stop().status == 0)
    }
  }
}
