import Collecting
import Collectors
import Exposition
import Fixtures
import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// The rules in a real Prometheus, which scrapes a real exporter.
  @Suite struct RuleEvaluationTests {
    /// Seconds to each minute of the rules.
    private static let minute = 2
    /// Other tests, and what else the machine does, may bring these about.
    private static let ofTheMachine = ["WattprobeRunqueueLatencyHigh", "WattprobeOOMKill", "WattprobeDiskErrors"]
    private static let energy = "wattprobe_process_energy_joules_total"

    /// Processes that are busy long enough to get series, and end.
    private static let load = """
      while :; do
        timeout 3 sh -c 'while :; do :; done'
      done
      """

    @Test func healthyExportersAlertNobody() async throws {
      let tree = try SensorTree()
      var microjoules = 5_000_000
      let zones = ["intel-rapl:0", "intel-rapl:0:0"]
      try tree.zone(zones[0], "package-0", energy: microjoules)
      try tree.zone(zones[1], "dram", energy: microjoules)
      let exporter = try await Exporter(
        ["--path.sysfs", tree.path, "--process.grace", "3s", "--cgroup.grace", "3s", "--budget.cpu", "100%"],
        moving: zones.map(tree.counter))
      let load = try RunningProgram("/bin/sh", ["-c", Self.load])
      let folder = try TemporaryTree()
      let prometheus = try await PrometheusServer(
        scraping: exporter.port, rules: Rules.copies(into: folder, minute: Self.minute))

      // 5 W of the package and as much of its memory, until all has been evaluated for longer than any alert waits
      let waits = "count_over_time(instance:wattprobe_process_energy_joules:delta10m[1h])"
      try await eventually("the rules to be evaluated for a while", within: 240) {
        microjoules += 250_000
        for zone in zones { try tree.set(zone, microjoules) }
        return try prometheus.value(waits).map { $0 > Double(20 * Self.minute) } == true ? () : nil
      }

      let rules = try prometheus.rules()
      #expect(rules.count > 30)
      for rule in rules {
        #expect(rule.health == "ok" && rule.lastError == nil, "\(rule.name): \(rule.lastError ?? rule.health)")
        if !rule.isAlert { #expect(try prometheus.hasData(rule.name), "\(rule.name)") }
      }
      #expect(try prometheus.value(#"count(instance:wattprobe_power_watts:band{band="NORMAL"})"#) == 1)
      let balance =
        "abs(max(instance:wattprobe_process_energy_joules:delta10m - instance:wattprobe_energy_attributed_joules:delta10m))"
      #expect(try #require(try prometheus.value(balance)) < 1e-5)
      // what was held against each other was not too simple
      let gone = try prometheus.value("count(last_over_time(\(Self.energy)[1h])) - count(\(Self.energy))")
      #expect(try #require(gone) > 0, "series came and went")
      for rule in rules where rule.isAlert && !Self.ofTheMachine.contains(rule.name) {
        let fired = #"last_over_time(ALERTS{alertstate="firing",alertname="\#(rule.name)"}[1h])"#
        #expect(try !prometheus.hasData(fired), "\(rule.name) fired")
      }
      try expectKnownNames(rules, served: exporter.get().body)

      load.signal(SIGKILL)
      try await prometheus.stop()
      #expect(try await exporter.stop().status == 0)
    }

    /// A sensor that shows text, then an exporter that has ended.
    @Test func whatFailsAlerts() async throws {
      let tree = try SensorTree()
      try tree.zone("intel-rapl:0", "package-0", energy: 1_000_000)
      let exporter = try await Exporter(["--path.sysfs", tree.path], moving: [tree.counter("intel-rapl:0")])
      let folder = try TemporaryTree()
      let prometheus = try await PrometheusServer(
        scraping: exporter.port, rules: Rules.copies(into: folder, minute: 1))
      try tree.set("intel-rapl:0", 3_000_000)
      try await eventually("the zone") { try prometheus.hasData("wattprobe_energy_joules_total") ? () : nil }
      try tree.folder.write("class/powercap/intel-rapl:0/energy_uj", "not supported\n")
      try await eventually("the errors to alert", within: 120) {
        try prometheus.hasData(
          #"ALERTS{alertstate="firing",alertname="WattprobeEnergySourceErrors",zone="package-0"}"#) ? () : nil
      }
      _ = try await exporter.stop()
      try await eventually("WattprobeDown to fire") {
        try prometheus.hasData(#"ALERTS{alertstate="firing",alertname="WattprobeDown"}"#) ? () : nil
      }
      try await prometheus.stop()
    }

    /// Every name is one that this program serves or a rule records, with the labels it has, and every value one it can have.
    private func expectKnownNames(_ rules: [Rules.Rule], served text: String) throws {
      let scrape = Scrape(text)
      let recorded = Set(rules.filter { !$0.isAlert }.map(\.name))
      var families: [String: Family] = [:]
      for family in Families.all {
        for name in family.sampleNames { families[name] = family }
      }
      for rule in rules {
        let selectors = rule.selectors
        // a threshold is a number alone
        #expect(!selectors.isEmpty || rule.name.hasPrefix("threshold:"), "\(rule.name)")
        for selector in selectors where selector.name != "up" && !recorded.contains(selector.name) {
          let family = try #require(families[selector.name], "\(selector.name) in \(rule.name)")
          for condition in selector.conditions where condition.label != "job" && condition.label != "instance" {
            #expect(family.labels.contains(condition.label), "\(condition.label) in \(rule.name)")
            let served = scrape.of(selector.name).compactMap { $0.labels[condition.label] }
            let known = try Self.known(condition.label) + served
            for alternative in condition.alternatives {
              let pattern = try Regex("^(?:\(alternative))$")
              #expect(known.contains { $0.contains(pattern) }, "\(condition.label)=\(alternative) in \(rule.name)")
            }
          }
        }
      }
      let bands = Set(
        rules.filter { $0.name == "threshold:wattprobe_power_watts:min" }.compactMap { $0.labels?["band"] })
      #expect(bands == ["NORMAL", "ELEVATED", "HIGH", "CRITICAL"])
      for condition in rules.flatMap(\.selectors).flatMap(\.conditions) where condition.label == "band" {
        #expect(bands.contains(condition.value), "\(condition.value)")
      }
    }

    /// Values of a label that not every machine shows.
    private static func known(_ label: String) throws -> [String] {
      switch label {
      case "reason": StaticReason.allCases.map(\.rawValue)
      case "collector": Registry.collectors.map(\.name)
      case "source": try Document("docs/energy.md").text.matches(of: /(?m)^\| `([a-z]+)` \|/).map { String($0.1) }
      case "zone": ["package-0-die-1"]
      case "operation": BlockCollector.operations
      default: []
      }
    }
  }
}
