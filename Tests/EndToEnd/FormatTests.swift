import Foundation
import Testing

extension EndToEnd {
  /// What a live exporter serves, read by programs that were not written here.
  @Suite struct FormatTests {
    @Test func promtoolFindsNothingWrong() async throws {
      let promtool = try Executable.tool("/usr/bin/promtool", package: "prometheus")
      let exporter = try await Exporter()
      let response = try exporter.get()
      #expect(response.head.contains("text/plain; version=0.0.4"))
      let (status, output) = try await Executable.pipe(response.body, into: "\(promtool) check metrics")
      #expect(status == 0, "\(output)")
      #expect(output.isEmpty)
    }

    @Test func openMetricsParserReadsEveryFamily() async throws {
      let exporter = try await Exporter()
      let response = try exporter.get(accept: "application/openmetrics-text; version=1.0.0")
      #expect(response.head.contains("application/openmetrics-text; version=1.0.0"))
      try await Self.expectOpenMetrics(response.body)
    }

    /// Has Python's parser read it.
    static func expectOpenMetrics(_ text: String) async throws {
      let python = try Executable.tool("/usr/bin/python3", package: "python3")
      let script = """
        import sys
        from prometheus_client.openmetrics.parser import text_string_to_metric_families
        print(len(list(text_string_to_metric_families(sys.stdin.read()))))
        """
      let (status, output) = try await Executable.pipe(text, into: "\(python) -c '\(script)'")
      #expect(!output.contains("ModuleNotFoundError"), "install the package python3-prometheus-client")
      #expect(status == 0, "\(output)")
      let families = text.split(separator: "\n").count { $0.hasPrefix("# TYPE ") }
      #expect(output.trimmingCharacters(in: .newlines) == "\(families)")
    }

    @Test func noSeriesIsThereTwice() async throws {
      let exporter = try await Exporter()
      let series = try exporter.samples().map { $0.split(separator: " ").dropLast().joined(separator: " ") }
      #expect(Set(series).count == series.count)
    }
  }
}
