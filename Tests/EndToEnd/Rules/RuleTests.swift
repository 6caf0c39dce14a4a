import Collecting
import Collectors
import Exposition
import Fixtures
import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// The rules for Prometheus in `examples/prometheus`.
  @Suite struct RuleTests {
    @Test func promtoolAcceptsTheConfigurationAndTheRules() async throws {
      let configuration = Document.root.appending(path: "examples/prometheus/prometheus.yml").path
      try await expectSuccess(["check", "config", configuration])
      try await expectSuccess(["check", "rules"] + Rules.files("rules"))
      // what the configuration names are these files
      #expect(try Document("examples/prometheus/prometheus.yml").text.contains("\n  - rules/*.yml\n"))
    }

    /// Each alert fires where it should and does not where it should not.
    @Test func theirOwnTestsPass() async throws {
      try await expectSuccess(["test", "rules"] + Rules.files("tests"))
      let tests = try Rules.files("tests").map { try String(contentsOfFile: $0, encoding: .utf8) }.joined()
      let alerts = try Self.alerts()
      #expect(alerts.count > 10)
      for alert in alerts {
        #expect(tests.contains(try Regex("alertname: \(alert)\\n +exp_alerts:")), "\(alert) fires in a test")
        #expect(tests.contains("alertname: \(alert)}"), "\(alert) does not fire in a test")
      }
    }

    @Test func everyAlertIsExplained() throws {
      let document = try Document("docs/alerts.md")
      let sections = document.prose.matches(of: /(?m)^### (Wattprobe[A-Za-z]+)$/).map { String($0.1) }
      let alerts = try Self.alerts()
      #expect(sections == alerts, "in the order of the file")
      for section in document.prose.split(separator: "\n### ").dropFirst() {
        for part in ["**Means**", "**Look**", "**Do**"] {
          #expect(section.contains(part), "\(part) of \(section.prefix { $0 != "\n" })")
        }
      }
    }

    /// Names of the alerts, in the order of the files.
    private static func alerts() throws -> [String] {
      try Rules.files("rules").map { try String(contentsOfFile: $0, encoding: .utf8) }
        .flatMap { $0.matches(of: /- alert: ([A-Za-z]+)/).map { String($0.1) } }
    }

    private func expectSuccess(_ arguments: [String]) async throws {
      let promtool = try Executable.tool("/usr/bin/promtool", package: "prometheus")
      let outcome = try await Executable.run(promtool, arguments)
      #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }
  }
}
