import Foundation
import Testing

/// The rules of the page at `/`.
@Suite struct PageRuleTests {
  private static let folder = "Sources/CPage"

  private static func scripts() throws -> [String] { try Repository.files(in: folder, "js") }

  private static func served() throws -> [String] {
    try ["html", "css", "svg", "js"].flatMap { try Repository.files(in: folder, $0) }
  }

  @Test func allTogetherAreSmall() throws {
    let bytes = try Self.served().reduce(0) { try $0 + Repository.text($1).utf8.count }
    #expect(bytes < 120_000)
  }

  /// What is not embedded is not served.
  @Test func everyFileIsEmbeddedOnce() throws {
    let embedded = try Repository.text(Self.folder + "/page.c").matches(of: /#embed "([^"]+)"/).map {
      Self.folder + "/" + $0.1
    }
    #expect(embedded.sorted() == (try Self.served().sorted()))
  }

  @Test func scriptsHaveOneSubject() throws {
    for file in try Self.served() {
      let lines = try Repository.text(file).split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.count <= 310, "\(file)")
      for (number, line) in lines.enumerated() where !file.hasSuffix(".html") && !file.hasSuffix(".svg") {
        #expect(line.count <= 120, "\(file):\(number + 1)")
      }
    }
  }

  /// Names of processes are text: nothing reads what comes from the exporter as markup or as a program.
  @Test func scriptsMakeNoMarkup() throws {
    let forbidden =
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setHTML|createContextualFragment|srcdoc/
    for file in try Self.scripts() {
      #expect(try Repository.text(file).firstMatch(of: forbidden) == nil, "\(file)")
    }
  }

  /// The document is parsed once more as a document of its own, of which only text is taken.
  @Test func oneFileAloneReadsADocument() throws {
    let readers = try Self.scripts().filter { try Repository.text($0).contains("DOMParser") }
    #expect(readers == [Self.folder + "/script/collectors.js"])
  }

  @Test func documentHasNoScriptsOrStylesInLine() throws {
    let html = try Repository.text(Self.folder + "/page.html")
    #expect(html.firstMatch(of: /<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|javascript:/) == nil)
    #expect(html.contains("<script "))
    let style = try Repository.text(Self.folder + "/page.css")
    #expect(style.firstMatch(of: /@import|url\(|expression\(/) == nil)
  }

  /// It works where there is no network but the exporter.
  @Test func nothingComesFromElsewhere() throws {
    for file in try Self.served() {
      // a name that nobody looks up
      let text = try Repository.text(file).replacing("http://www.w3.org/2000/svg", with: "")
      #expect(text.firstMatch(of: /https?:|\/\/[a-z0-9.-]+\.[a-z]{2,}/) == nil, "\(file)")
    }
  }
}
