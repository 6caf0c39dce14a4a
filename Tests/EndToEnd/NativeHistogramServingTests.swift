import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// Native histograms as real servers take them in.
  @Suite struct NativeHistogramServingTests {
    /// The relative error of slots that are eighths of powers of two: half of 2^(1/8).
    private static let error = 0.045

    /// What calls took by their own clock, in seconds, shortest first.
    private func wait() async throws -> [Double] {
      let (status, output) = try await Executable.pipe("\n", into: "\(Executable.loads) timed-waits 1000 200 20000")
      #expect(status == 0)
      let times = output.split(separator: "\n").compactMap { Double($0) }.map { $0 / 1e9 }.sorted()
      try #require(times.count == 1000)
      return times
    }

    /// What has a server keep the classic form, too: Debian's own, of version 2.42, has no such setting.
    private static func access(_ newer: NewerPrometheus?) -> [String] {
      switch newer {
      case nil: []
      case .trixie: ["scrape_classic_histograms: true"]
      case .sid: ["always_scrape_classic_histograms: true"]
      }
    }

    private func server(_ exporter: Exporter, _ newer: NewerPrometheus?) async throws -> PrometheusServer {
      let path = try await newer?.path()
      let prometheus = try await PrometheusServer(
        scraping: exporter.port, access: Self.access(newer), newer: path, features: ["native-histograms"])
      try await eventually("a scrape") { try prometheus.hasData(#"up{job="wattprobe"} == 1"#) ? () : nil }
      return prometheus
    }

    @Test(arguments: [nil] + NewerPrometheus.allCases.map(Optional.some))
    func quantilesAreThoseOfTheLoad(newer: NewerPrometheus?) async throws {
      let exporter = try await Exporter([
        "--web.native-histograms", "--syscalls.timing", "all", "--syscalls.histograms", "syscall",
      ])
      let prometheus = try await server(exporter, newer)
      let times = try await wait()
      let calls = #"wattprobe_syscall_duration_seconds{syscall="rt_sigtimedwait"}"#
      try await eventually("all waits") {
        (try prometheus.value("histogram_count(\(calls))") ?? 0) >= 1000 ? () : nil
      }
      let sum = try #require(try prometheus.value("histogram_sum(\(calls))"))
      #expect(abs(sum / times.reduce(0, +) - 1) < 0.02)
      for quantile in [0.1, 0.25, 0.5, 0.75, 0.9, 0.99] {
        let shown = try #require(try prometheus.value("histogram_quantile(\(quantile), \(calls))"))
        let actual = times[Int(quantile * 1000)]
        #expect(abs(shown / actual - 1) < Self.error, "\(quantile): \(shown), and it is \(actual)")
      }
      // those that count nothing are native ones, too
      #expect(try prometheus.hasData("histogram_count(wattprobe_tcp_connect_duration_seconds) >= 0"))
      let classic = #"wattprobe_syscall_duration_seconds_bucket{syscall="rt_sigtimedwait",le="+Inf"}"#
      #expect(try prometheus.hasData(classic) == (newer != nil))
      try await prometheus.stop()
      #expect(try await exporter.stop().status == 0)
    }
  }
}
