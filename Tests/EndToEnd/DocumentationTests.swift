import Foundation
import Testing

extension EndToEnd {
  /// README.md says what the program has.
  @Suite struct DocumentationTests {
    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../README.md")
    private static let start = "<!-- wattprobe collectors --markdown -->\n\n"
    private static let end = "\n<!-- end of wattprobe collectors --markdown -->"

    /// `WATTPROBE_UPDATE_GOLDEN=1` writes it anew.
    @Test func metricReferenceIsThatOfTheRegistry() async throws {
      let outcome = try await Executable.run(Executable.wattprobe, ["collectors", "--markdown"])
      #expect(outcome.status == 0)
      var text = try String(contentsOf: Self.file, encoding: .utf8)
      let start = try #require(text.range(of: Self.start)).upperBound
      let end = try #require(text.range(of: Self.end)).lowerBound
      if ProcessInfo.processInfo.environment["WATTPROBE_UPDATE_GOLDEN"] != nil {
        text.replaceSubrange(start..<end, with: outcome.output)
        try Data(text.utf8).write(to: Self.file)
      } else {
        #expect(text[start..<end] == outcome.output)
      }
    }
  }
}
