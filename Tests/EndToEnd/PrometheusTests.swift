import Foundation
import Glibc
import Testing

extension EndToEnd {
  @Suite struct PrometheusTests {
    /// Forks, computes, writes, and turns the energy counter.
    private static func load(_ energy: String) -> [String] {
      [
        "-c",
        """
        uj=1000000
        while :; do
          uj=$((uj + 250000)); echo $uj >"\(energy)"
          /bin/true; /bin/false
          n=0; while [ $n -lt 2000 ]; do n=$((n + 1)); done
          sleep 0.05
        done
        """,
      ]
    }

    @Test func everyFamilyAndEveryPanelHasData() async throws {
      let tree = try SensorTree()
      try tree.zone("intel-rapl:0", "package-0", energy: 1_000_000)
      let load = try RunningProgram(
        "/bin/sh", Self.load(tree.path + "/class/powercap/intel-rapl:0/energy_uj"))
      let exporter = try await Exporter(["--path.sysfs", tree.path])
      let prometheus = try await PrometheusServer(scraping: exporter.port)

      try await eventually("a scrape") { try prometheus.hasData(#"up{job="wattprobe"} == 1"#) ? () : nil }
      let families = try await eventually("the exporter's cost to be measured") {
        let found = try Self.families(exporter.get().body)
        return found.contains { $0.name == "wattprobe_overhead_ratio" } ? found : nil
      }
      #expect(families.count > 30)
      for family in families {
        for expression in family.expressions {
          await expectData(expression, from: prometheus)
        }
      }

      let live = Set(families.flatMap(\.sampleNames))
      for expression in try Dashboard.load().expressions {
        let query = Dashboard.substituted(expression)
        if case .refused(let why) = try prometheus.query(query) { Issue.record("\(query): \(why)") }
        // a machine without cpufreq has no frequencies
        if Dashboard.metrics(in: expression).isSubset(of: live) { await expectData(query, from: prometheus) }
      }

      try await prometheus.stop()
      load.signal(SIGKILL)
      #expect(try await exporter.stop().status == 0)
    }

    private func expectData(_ expression: String, from prometheus: PrometheusServer) async {
      await #expect(throws: Never.self) {
        try await eventually("data of \(expression)") { try prometheus.hasData(expression) ? () : nil }
      }
    }

    private struct LiveFamily {
      let name: String
      let type: String

      var sampleNames: [String] {
        type == "histogram" ? ["_bucket", "_sum", "_count"].map { name + $0 } : [name]
      }

      var expressions: [String] {
        switch type {
        case "counter": ["rate(\(name)[15s])"]
        case "histogram":
          [
            "rate(\(name)_count[15s])", "rate(\(name)_sum[15s])",
            "histogram_quantile(0.99, sum by (le) (rate(\(name)_bucket[15s])))",
          ]
        default: [name]
        }
      }
    }

    /// The families that have samples.
    private static func families(_ text: String) -> [LiveFamily] {
      let lines = text.split(separator: "\n")
      let sampled = Set(lines.filter { !$0.hasPrefix("#") }.map { String($0.prefix { $0 != "{" && $0 != " " }) })
      return lines.filter { $0.hasPrefix("# TYPE ") }.compactMap { line in
        let words = line.split(separator: " ")
        let family = LiveFamily(name: String(words[2]), type: String(words[3]))
        return sampled.isDisjoint(with: family.sampleNames) ? nil : family
      }
    }
  }
}
