import Foundation
import Testing

extension EndToEnd {
  /// What the documents have from the program is what it says today. `make docs` writes it anew.
  @Suite struct GeneratedTextTests {
    @Test(arguments: [
      ("docs/metrics.md", ["collectors", "--markdown"], false), ("docs/operating.md", ["--help"], true),
      ("docs/run.md", ["run", "--help"], true),
    ])
    func isWhatTheProgramSays(_ path: String, _ arguments: [String], _ isFenced: Bool) async throws {
      let outcome = try await Executable.run(Executable.wattprobe, arguments)
      #expect(outcome.status == 0)
      let generated = isFenced ? "```text\n\(outcome.output)```\n" : outcome.output
      var text = try Document(path).text
      let name = "wattprobe " + arguments.joined(separator: " ")
      let start = try #require(text.range(of: "<!-- \(name) -->\n")).upperBound
      let end = try #require(text.range(of: "<!-- end of \(name) -->")).lowerBound
      if ProcessInfo.processInfo.environment["WATTPROBE_UPDATE_GOLDEN"] != nil {
        text.replaceSubrange(start..<end, with: "\n\(generated)\n")
        try Data(text.utf8).write(to: Document.root.appending(path: path))
      } else {
        #expect(text[start..<end] == "\n\(generated)\n")
      }
    }
  }
}
