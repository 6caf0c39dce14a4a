import Fixtures
import Collecting
import Collectors
import Exposition
import Foundation
import Testing

extension EndToEnd {
  /// What the documents say of the program is so.
  @Suite struct DocumentationTests {
    private static let metrics = Set(Families.all.flatMap(\.sampleNames))
    private static let histograms = Set(Families.all.filter { $0.type == .histogram }.map(\.name))

    /// The options of the help texts, with what they are when not given.
    private static func options() async throws -> [String: String] {
      let help =
        try await Executable.run(Executable.wattprobe, ["--help"]).output
        + (try await Executable.run(Executable.wattprobe, ["top", "--help"]).output)
      var defaults: [String: String] = [:]
      var option = ""
      for line in help.split(separator: "\n") {
        for match in line.matches(of: /(?:^  |\/)--([a-z][a-z.-]*)/) {
          option = String(match.1)
          defaults[option] = ""
        }
        defaults[option, default: ""] += " " + line
      }
      return defaults.mapValues { text in
        let words = text.split(separator: " ").joined(separator: " ")
        return words.firstMatch(of: /default: ([^)]*)\)/).map { String($0.1) } ?? ""
      }
    }

    /// Names that the page for contributors makes up as it adds a collector.
    private static func isExample(_ name: Substring, in document: Document) -> Bool {
      document.path == "docs/contributing.md" && name.contains("udp")
    }

    @Test func theReadmeIsShort() throws {
      #expect(try Document("README.md").text.split(separator: "\n", omittingEmptySubsequences: false).count <= 251)
    }

    @Test(arguments: Document.all)
    func linksLeadSomewhere(_ document: Document) throws {
      let folder = Document.root.appending(path: document.path).deletingLastPathComponent()
      for link in document.prose.matches(of: /\]\(([^)\s]+)\)/).map(\.1) where !link.contains("://") {
        let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let file = parts[0].isEmpty ? Document.root.appending(path: document.path) : folder.appending(path: parts[0])
        #expect(FileManager.default.fileExists(atPath: file.path), "\(link)")
        guard parts.count > 1 else { continue }
        let path = file.standardizedFileURL.path.dropFirst(Document.root.path.count + 1)
        #expect(try Document(String(path)).anchors.contains(String(parts[1])), "\(link)")
      }
    }

    @Test func everyMetricThatIsNamedExists() throws {
      let examples = try FileManager.default.subpathsOfDirectory(
        atPath: Document.root.appending(path: "examples").path)
      let others = try (examples.filter { $0.contains(".") }.map { "examples/" + $0 } + ["dashboards/overview.json"])
        .map { try Document($0) }
      let known = Self.metrics.union(Self.histograms)
      for document in Document.all + others {
        // names of recorded figures have the metric's without `_total`
        let text = document.text.replacing(/[a-z_]+:wattprobe_[a-z0-9_]+:[a-z0-9_]+/, with: "")
        for name in text.matches(of: /wattprobe_[a-z0-9_]+\b[*…]?/).map(\.0) {
          if Self.isExample(name, in: document) { continue }
          let isKnown =
            name.hasSuffix("*") || name.hasSuffix("…")
            ? known.contains { $0.hasPrefix(name.dropLast()) } : known.contains(String(name))
          #expect(isKnown, "\(document.path): \(name)")
        }
      }
    }

    @Test(arguments: Document.all)
    func everyOptionThatIsNamedExists(_ document: Document) async throws {
      let known = try await Self.options()
      // node_exporter's, which is not served
      let others: Set<Substring> = ["collector.rapl.enable-zone-label"]
      for match in document.text.matches(of: /--(no-)?([a-z]+\.[a-z][a-z.-]*[a-z])/) {
        if others.contains(match.2) || Self.isExample(match.2, in: document) { continue }
        #expect(known[String(match.2)] != nil, "\(document.path): \(match.0)")
      }
    }

    /// `--process.limit` (100)
    @Test(arguments: Document.all)
    func defaultsInParenthesesAreThoseOfTheProgram(_ document: Document) async throws {
      let defaults = try await Self.options()
      for match in document.text.matches(of: /`--([a-z.-]+)`\s\(([0-9][0-9a-z.]*)\)/) {
        #expect(defaults[String(match.1)] == String(match.2), "\(document.path): \(match.0)")
      }
    }

    @Test(arguments: ["README.md", "docs/operating.md"])
    func theCollectorsOffByDefaultAreNamed(_ path: String) throws {
      let text = try Document(path).text
      let sentence = try #require(text.firstMatch(of: /Off by default: ((?:`[a-z]+`(?:, )?)+)\./))
      let off = Registry.collectors.filter { !$0.isOnByDefault }.map(\.name)
      #expect(Self.words(sentence.1) == Set(off))
    }

    @Test func theReadmeNamesEveryCollector() throws {
      let rows = try Document("README.md").text.matches(of: /(?m)^\| (`[a-z`, ]+`) \| [^|]+ \|$/)
      #expect(Self.words(rows.map(\.1).joined()) == Set(Registry.collectors.map(\.name)))
    }

    @Test func theReadmeShowsWhatCollectorsPrints() throws {
      let lines = try Document("README.md").text.matches(of: /(?m)^([a-z]+) +(on|off) +can run +(.+)$/)
      #expect(lines.count > 1)
      for line in lines {
        let collector = Registry.collectors.first { $0.name == line.1 }
        #expect(collector?.summary == String(line.3))
        #expect(collector?.isOnByDefault == (line.2 == "on"))
      }
    }

    private static func words(_ text: some StringProtocol) -> Set<String> {
      Set(String(text).matches(of: /`([a-z]+)`/).map { String($0.1) })
    }

    @Test(arguments: Document.all)
    func everyQueryParses(_ document: Document) async throws {
      let promtool = try Executable.tool("/usr/bin/promtool", package: "prometheus")
      let folder = try TemporaryTree()
      let queries = document.blocks.filter { $0.language == "promql" }.map(\.text)
      var files = document.blocks.filter { $0.language == "yaml" && $0.text.hasPrefix("groups:") }.map(\.text)
      if !queries.isEmpty {
        let rules = queries.enumerated().map { index, query in
          let lines = query.split(separator: "\n").map { "          " + $0 }.joined(separator: "\n")
          return "      - record: query:\(index)\n        expr: |\n\(lines)\n"
        }
        files.append("groups:\n  - name: queries\n    rules:\n" + rules.joined())
      }
      for (index, text) in files.enumerated() {
        let file = try folder.write("\(index).yml", text)
        let outcome = try await Executable.run(promtool, ["check", "rules", file])
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)\n\(text)")
      }
    }

    @Test func theReadmeHasQueries() throws {
      let queries = try Document("README.md").blocks.filter { $0.language == "promql" }
      #expect(queries.count > 5)
    }

    /// The unit grants what the table says that it does.
    @Test func capabilitiesAreThoseOfTheUnit() throws {
      let rows = try Document("docs/operating.md").text.matches(of: /(?m)^\| `(CAP_[A-Z_]+)` \|.*\| (yes|no) \|$/)
      let granted = Set(rows.filter { $0.2 == "yes" }.map { String($0.1) })
      let unit = try Document("examples/systemd/wattprobe.service").text
      for setting in ["AmbientCapabilities", "CapabilityBoundingSet"] {
        let line = try #require(unit.split(separator: "\n").first { $0.hasPrefix(setting + "=") })
        #expect(Set(line.dropFirst(setting.count + 1).split(separator: " ").map(String.init)) == granted, "\(setting)")
      }
    }

    @Test(arguments: Document.all)
    func everyTargetOfMakeThatIsNamedExists(_ document: Document) throws {
      let targets = Set(try Document("Makefile").text.matches(of: /(?m)^([a-z-]+):/).map { String($0.1) })
      for match in document.text.matches(of: /(?m)(?:`|^|sudo )make ([a-z][a-z-]*)/) {
        #expect(targets.contains(String(match.1)), "\(document.path): \(match.0)")
      }
    }

    @Test func presetsOfTheModelAreNamed() async throws {
      // the message names them all
      let error = try await Executable.run(Executable.wattprobe, ["--energy.model", "none"]).error
      let presets = try #require(error.firstMatch(of: /or one of ([a-z0-9, -]+)/)).1.split(separator: ", ")
      #expect(presets.count > 5)
      let text = try Document("docs/energy.md").text
      for preset in presets { #expect(text.contains("`\(preset)`"), "\(preset)") }
    }

    /// A kernel that shows no BTF, as libbpf sees it.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/sys/kernel/btf/vmlinux")))
    func whatRunsWithoutBTFIsNamed() async throws {
      let unshare = try Executable.tool("/usr/bin/unshare", package: "util-linux")
      let outcome = try await Executable.run(
        unshare,
        ["-m", "/bin/sh", "-c", "mount -t tmpfs none /sys/kernel/btf && exec \"$0\" collectors", Executable.wattprobe])
      try #require(outcome.status == 0, "\(outcome.errors)")
      let lines = outcome.output.split(separator: "\n")
      let lacking = Set(lines.filter { $0.contains("shows no BTF") }.map { String($0.prefix { $0 != " " }) })
      let text = try Document("docs/operating.md").text
      let named = try Self.words(#require(text.firstMatch(of: /Without BTF[^:]*: ([^.]+) run all the same/)).1)
      // those have no programs of their own
      let without: Set<String> = ["pmu", "energy", "compat", "bpf"]
      #expect(named.union(lacking).union(without) == Set(Registry.collectors.map(\.name)))
      #expect(named.isDisjoint(with: lacking))
    }
  }
}
