import Fixtures
import Testing

@testable import Web

@Suite struct YAMLTests {
  private static func error(_ text: String) -> WebConfigurationFileError? {
    do throws(WebConfigurationFileError) {
      _ = try YAMLParser.parse(Array(text.utf8))
      return nil
    } catch {
      return error
    }
  }

  @Test func valuesKeepTheirLines() throws {
    let value = try YAMLParser.parse(Array("a: 1\n# b\nc:\n  - \"2\"\n  - d: |\n      x\n".utf8))
    func plain(_ text: String, _ line: Int) -> YAMLValue { YAMLValue(content: .plain(text), line: line) }
    guard case .map(let entries) = value.content else {
      Issue.record("\(value)")
      return
    }
    #expect(entries.map(\.key) == ["a", "c"])
    #expect(entries.map(\.line) == [1, 3])
    #expect(entries[0].value == plain("1", 1))
    guard case .list(let list) = entries[1].value.content else {
      Issue.record("\(entries)")
      return
    }
    #expect(list[0] == YAMLValue(content: .quoted("2"), line: 4))
    #expect(list[1].line == 5)
  }

  @Test(arguments: ["", "---", "# nothing", "---\n...\n", "~", "null"])
  func nothingIsNull(_ text: String) throws {
    #expect(try YAMLParser.parse(Array(text.utf8)).isNull)
  }

  @Test(arguments: [
    ("a: 1\nb: 2\na: 3", 3, "\"a\" stands twice, first in line 1"),
    ("x:\n  a: 1\n  a: 1", 3, "\"a\" stands twice, first in line 2"),
    ("a: &b 1", 1, "anchors and aliases"),
    ("a: 1\nb: *c", 2, "anchors and aliases"),
    ("a: !!str 1", 1, "tags"),
    ("a: 1\n---\nb: 1", 2, "a second document"),
    ("a: 1\n b: [", 2, "not YAML: "),
    ("a:\n\tb: 1", 2, "not YAML: "),
    ("? [a]\n: 1", 1, "a key is not a word"),
    ("a: \u{1}", 1, "not YAML: "),
  ])
  func whatIsNotTakenHasALine(text: String, line: Int, cause: String) {
    let error = Self.error(text)
    #expect(error?.line == line, "\(String(describing: error))")
    #expect(error?.cause.hasPrefix(cause) == true, "\(String(describing: error))")
  }

  @Test func sizeAndDepthAreBounded() {
    #expect(Self.error(String(repeating: "[", count: 100_000))?.cause == "nested too deeply")
    #expect(Self.error(String(repeating: " ", count: YAMLParser.mostBytes + 1))?.cause.hasPrefix("larger than") == true)
  }

  @Test func keysAreBytes() throws {
    // composed and decomposed
    #expect(Self.error("\u{e9}: 1\ne\u{301}: 1") == nil)
  }

  /// Whatever it is given, it ends.
  @Test func bytesOfAnyKindAreTakenOrRefused() {
    var generator = Generator(seed: 13)
    let pieces = ["a", ":", " ", "\n", "-", "[", "]", "{", "}", "\"", "|", "&", "*", "!", "%", "\t", "---", "\u{e9}"]
    var refused = 0
    for _ in 0..<3000 {
      var bytes: [UInt8] = []
      for _ in 0..<generator.below(40) {
        bytes +=
          generator.chance(20) ? [UInt8(generator.below(256))] : Array(pieces.randomElement(using: &generator)!.utf8)
      }
      do { _ = try YAMLParser.parse(bytes) } catch { refused += 1 }
    }
    #expect((100..<3000).contains(refused))
  }
}
