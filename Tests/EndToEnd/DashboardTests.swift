import Collecting
import Collectors
import Exposition
import Foundation
import Testing

extension EndToEnd {
  @Suite struct DashboardTests {
    @Test func everyCollectorHasARow() throws {
      let titles = try Dashboard.load().rows.map(\.title)
      for name in Registry.collectors.map(\.name) + ["wattprobe"] {
        #expect(titles.contains { $0.hasPrefix("\(name) — ") }, "a row \"\(name) — …\"")
      }
    }

    @Test func everyMetricExists() throws {
      let known = Set(Families.all.flatMap(\.sampleNames))
      for expression in try Dashboard.load().expressions {
        let used = Dashboard.metrics(in: expression)
        #expect(!used.isEmpty, "\(expression)")
        #expect(used.isSubset(of: known), "\(used.subtracting(known)) in \(expression)")
      }
    }

    /// All but those that other dashboards are for.
    @Test func everyFamilyIsShown() throws {
      let used = try Set(Dashboard.load().expressions.flatMap(Dashboard.metrics))
      let others = Set(CompatCollector.definition.families)
      for family in Families.all where !others.contains(family) {
        #expect(!used.isDisjoint(with: family.sampleNames), "\(family.name) is on no panel")
      }
    }

    /// Zones measure the same again: by powercap, memory-mapped, by die. What is attributed has each joule once.
    @Test func zonesOfEnergyAreNotAddedUp() throws {
      for expression in try Dashboard.load().expressions {
        let used = Dashboard.metrics(in: expression)
        guard !used.isDisjoint(with: ["wattprobe_energy_joules_total", "wattprobe_power_watts"]) else { continue }
        let isSum = expression.contains(/\b(sum|avg|topk|count)\b/)
        #expect(!isSum || expression.contains(/by \([^)]*zone/), "\(expression)")
      }
    }

    @Test func panelsAreDescribedAndTakeTheChosenSource() throws {
      let dashboard = try Dashboard.load()
      #expect(dashboard.schemaVersion >= 39)
      #expect(dashboard.templating.list.map(\.name) == ["datasource", "job", "instance"])
      #expect(Set(dashboard.panels.map(\.id)).count == dashboard.panels.count)
      for panel in dashboard.graphs {
        #expect(panel.datasource?.uid == "${datasource}", "\(panel.title)")
        #expect(panel.description?.isEmpty == false, "\(panel.title)")
        #expect(panel.targets?.isEmpty == false, "\(panel.title)")
        for target in panel.targets ?? [] {
          #expect(target.datasource?.uid == "${datasource}", "\(panel.title)")
          let selectors = target.expr.matches(of: /[a-z0-9]\{/).count
          #expect(target.expr.matches(of: /\{job=~"\$job",instance=~"\$instance"/).count == selectors, "\(target.expr)")
        }
      }
    }
  }
}
