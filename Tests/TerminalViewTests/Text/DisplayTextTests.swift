import ByteText
import Fixtures
import Testing

@testable import TerminalView

@Suite struct DisplayTextTests {
  @Test(arguments: [
    ("plain", "plain"), ("a\u{1B}[2Jb", "a?[2Jb"), ("\r\n\t\u{7F}\u{9B}", "?????"), ("e\u{301}", "e?"),
    ("a\u{202E}b\u{200B}c", "a?b?c"), ("é漢😀", "é漢😀"), ("\u{FFFD}ff", "\u{FFFD}ff"), ("", ""),
  ])
  func nothingOfATextMovesTheCursor(text: String, shown: String) {
    #expect(DisplayText.printable(text) == shown)
  }

  @Test(arguments: [("", 0), ("abc", 3), ("é", 1), ("漢字", 4), ("😀", 2), ("한", 2), ("Ａ", 2), ("…", 1)])
  func widthIsInColumns(text: String, width: Int) { #expect(DisplayText.width(text) == width) }

  @Test(arguments: [
    ("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("abcdef", 1, "…"), ("abcdef", 0, ""), ("漢字漢", 6, "漢字漢"),
    ("漢字漢", 5, "漢字…"), ("漢字漢", 4, "漢…"),
  ])
  func whatIsTooLongEndsInAnEllipsis(text: String, columns: Int, shown: String) {
    #expect(DisplayText.shortened(text, to: columns) == shown)
  }

  @Test(arguments: [
    ("/a/b/c", 6, "/a/b/c"), ("/a/b/c", 5, "…/b/c"), ("/a/b/c", 4, "…/c"), ("/a/b/c", 3, "…/c"), ("/a/b/c", 2, "……"),
    ("/system.slice/docker-0123.scope", 16, "…/docker-0123.s…"), ("noslash", 4, "nos…"), ("/a/", 2, "/…"), ("", 0, ""),
    ("a//b", 3, "…/b"),
  ])
  func ofPathsTheEndIsKept(path: String, columns: Int, shown: String) {
    #expect(DisplayText.shortenedPath(path, to: columns) == shown)
    #expect(DisplayText.width(DisplayText.shortenedPath(path, to: columns)) <= columns)
  }

  @Test func fittedTextIsAsWideAsItsColumnWhateverItIs() {
    var random = Generator(seed: 11)
    for _ in 0..<2000 {
      let scalars = (0..<random.below(12)).compactMap { _ in Unicode.Scalar(UInt32(random.below(0x2_0000))) }
      let text = DisplayText.printable(String(String.UnicodeScalarView(scalars)))
      for columns in [0, 1, 5, 30] {
        for isRight in [false, true] {
          let shown = DisplayText.fitted(text, to: columns, isRight: isRight)
          #expect(DisplayText.width(shown) == columns, "\(text.unicodeScalars.map(\.value))")
        }
      }
    }
  }

  @Test func linesAreShortenedAcrossTheirPieces() {
    var line = StyledLine("abc", .strong)
    line.append("def", .label)
    #expect(line.shortened(to: 5).text == "abcd…")
    #expect(line.shortened(to: 6) == line)
    #expect(line.filled(to: 8).text == "abcdef  ")
    #expect(line.rendered(hasColours: true) == "\u{1B}[1mabc\u{1B}[0m\u{1B}[36mdef\u{1B}[0m")
    #expect(line.rendered(hasColours: false) == "\u{1B}[1mabc\u{1B}[0mdef")
  }
}
