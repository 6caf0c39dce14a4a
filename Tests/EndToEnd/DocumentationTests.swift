import Collecting
import Collectors
import Exposition
import Foundation
import Testing

extension EndToEnd {
  /// README.md says what the program has.
  @Suite struct DocumentationTests {
    private static func readme() throws -> String {
      let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../README.md")
      return try String(contentsOf: file, encoding: .utf8)
    }

    @Test func everyFamilyIsInTheReference() throws {
      let text = try Self.readme()
      for family in Registry.families {
        let suffix =
          switch family.type {
          case .counter: "_total"
          case .info: "_info"
          case .gauge, .histogram: ""
          }
        let row = text.split(separator: "\n").first { $0.hasPrefix("| `\(family.name)\(suffix)` | ") }
        #expect(row != nil, "a row of \(family.name)\(suffix)")
        for label in family.labels { #expect(row?.contains(label) == true, "\(family.name) has the label \(label)") }
      }
    }

    @Test func everyCollectorHasASection() throws {
      let text = try Self.readme()
      for collector in Registry.collectors { #expect(text.contains("\n### \(collector.name)\n")) }
    }
  }
}
