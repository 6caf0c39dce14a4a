import Testing

@testable import TerminalView

@Suite struct KeyTests {
  @Test(
    arguments: [
      ("q", [.character("q")]), ("\u{1B}", [.escape]), ("\u{1B}[A\u{1B}OB", [.up, .down]),
      ("\u{1B}[5~\u{1B}[6~\u{1B}[1~\u{1B}[4~", [.pageUp, .pageDown, .home, .end]), ("\u{1B}[H\u{1B}[F", [.home, .end]),
      ("\u{7F}\u{8}\r\n", [.backspace, .backspace, .enter, .enter]), ("é/", [.character("é"), .character("/")]),
      ("\u{1B}[1;5C", [.right]), ("\u{1B}[99~x", [.character("x")]), ("\u{1B}[", []), ("\u{1}\u{2}", []), ("", []),
    ] as [(String, [Key])])
  func keysAreToldApart(bytes: String, keys: [Key]) { #expect(Key.keys(Array(bytes.utf8)) == keys) }

  @Test func brokenTextIsNoKey() {
    #expect(Key.keys([0xC3]) == [])
    #expect(Key.keys([0xFF, 0x71]) == [.character("q")])
  }
}
