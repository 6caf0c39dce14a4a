import Collecting
import Exposition
import Fixtures
import Foundation
import Testing

@testable import BPF
@testable import Collectors

/// A new collector is one eBPF program, one Swift file, one line in the registry and one dashboard row: this fails where one
/// of them is missing.
@Suite struct RegistryTests {
  /// Collectors that read what others' programs count, or no program at all.
  private static let withoutPrograms: Set<String> = ["bpf", "cgroup", "compat", "energy", "pmu"]
  /// Programs that belong to another collector than the one they are named after: twins, and what several share.
  private static let twins = ["sched_raw": "sched", "irq_raw": "irq", "watched": "process"]

  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../..")
    .standardizedFileURL
  private static let names = Registry.collectors.map(\.name)

  private static func files(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)
  }

  /// Paths of Swift files below Sources/Collectors, `Area/Name.swift`.
  private static func sources() throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: "Sources/Collectors").path)
      .filter { $0.hasSuffix(".swift") }
  }

  private static func name(_ path: String) -> Substring { path.split(separator: "/").last! }

  @Test(arguments: names)
  func collectorHasItsSwiftFileAndItsProgram(name: String) throws {
    let files = try Self.sources().filter { Self.name($0).lowercased() == "\(name)collector.swift" }
    #expect(files.count == 1 && files[0].split(separator: "/").count == 2, "\(files): one file, in its area's folder")
    let programs = try Self.files("bpf").filter { $0.hasSuffix(".bpf.c") }
    #expect(programs.contains("\(name).bpf.c") == !Self.withoutPrograms.contains(name))
  }

  @Test(arguments: names)
  func collectorHasItsDashboardRow(name: String) throws {
    struct Dashboard: Decodable {
      struct Panel: Decodable {
        let type: String
        let title: String?
      }
      let panels: [Panel]
    }
    let file = Self.root.appending(path: "dashboards/overview.json")
    let text = try #require(try? Data(contentsOf: file), "dashboards/overview.json is missing")
    let rows = try JSONDecoder().decode(Dashboard.self, from: text).panels.filter { $0.type == "row" }
    let titles = rows.compactMap(\.title)
    #expect(titles.contains { $0 == name || $0.hasPrefix(name + " ") }, "no row for \(name) among \(titles)")
  }

  @Test func everyProgramBelongsToACollector() throws {
    let programs = try Self.files("bpf").filter { $0.hasSuffix(".bpf.c") }.map { String($0.dropLast(6)) }
    // `wattprobe run` alone loads that of trees
    for program in programs where program != "tree" {
      #expect(Self.names.contains(Self.twins[program] ?? program), "\(program).bpf.c belongs to no collector")
    }
    #expect(Set(programs) == Set(ProgramObject.embeddedNames))
  }

  @Test func everyCollectorFileIsInTheRegistry() throws {
    let files = try Self.sources().map(Self.name).filter { $0.hasSuffix("Collector.swift") }
    // the program's own families come with every scrape
    let found = Set(files.map { $0.dropLast("Collector.swift".count).lowercased() }).subtracting(["program"])
    #expect(found == Set(Self.names))
  }

  @Test func namesOfCollectorsAreWordsAndEachThereOnce() {
    #expect(Set(Self.names).count == Self.names.count)
    for definition in Registry.collectors {
      #expect(definition.name.wholeMatch(of: /[a-z]+/) != nil)
      #expect(!definition.summary.isEmpty && !definition.summary.hasSuffix("."))
      #expect(!definition.families.isEmpty, "\(definition.name)")
    }
  }

  /// Whatever the order of their lines.
  @Test func collectorsStartAfterThoseWhoseFiguresTheyTake() {
    var generator = Generator(seed: 5)
    for _ in 0..<200 {
      let order = startOrder(of: Registry.collectors.shuffled(using: &generator)).map(\.name)
      #expect(order.sorted() == Self.names.sorted())
      for definition in Registry.collectors {
        for name in definition.after {
          #expect(Self.names.contains(name), "\(definition.name) is to come after \(name), which is no collector")
          #expect((order.firstIndex(of: name) ?? 99) < order.firstIndex(of: definition.name)!)
        }
      }
    }
    // what is not said is as it is listed
    #expect(startOrder(of: Registry.collectors).map(\.name) == Self.names)
  }

  @Test func familiesFollowTheRulesAndNoTwoShareAName() {
    #expect(Family.problems(in: Registry.families) == [])
  }

  /// Only what every exporter has goes without the prefix, and what is served by other exporters' names.
  @Test func familiesCarryThePrefix() {
    let shared: Set<String> = [
      "process_cpu_seconds", "process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds",
    ]
    let without = Registry.families.map(\.name).filter { !$0.hasPrefix("wattprobe_") }
    let compatible = Set(CompatCollector.definition.families.map(\.name))
    #expect(Set(without) == shared.union(compatible))
    for name in compatible {
      #expect(["kepler_", "scaph_", "node_rapl_"].contains { name.hasPrefix($0) }, "\(name) is nobody's")
    }
  }
}
