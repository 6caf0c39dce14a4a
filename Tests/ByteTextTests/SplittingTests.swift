import Testing

@testable import ByteText

@Suite struct SplittingTests {
  @Test func aSeparatorIsOneWhateverComesBehindIt() {
    #expect("a\r\nb".split(at: "\n") == ["a\r", "b"])
    #expect("/a/\u{301}b".split(at: "/").map { Array($0.utf8) } == [Array("a".utf8), Array("\u{301}b".utf8)])
    #expect("k=\u{20DD}v".split(at: "=", maxSplits: 1).count == 2)
    // where Characters find none
    #expect("a\r\nb".split(separator: "\n").count == 1)
  }

  @Test func emptyPartsStayWhereTheyAreWanted() {
    #expect("::a:".split(at: ":") == ["a"])
    #expect("::a:".split(at: ":", omittingEmptySubsequences: false) == ["", "", "a", ""])
    #expect("a:b:c".split(at: ":", maxSplits: 1, omittingEmptySubsequences: false) == ["a", "b:c"])
    #expect("".split(at: ":", omittingEmptySubsequences: false) == [""])
  }

  @Test func beginningsAndEndsAreBytes() {
    #expect("docker-\u{301}a".begins(with: "docker-"))
    #expect(!"docker-\u{301}a".hasPrefix("docker-"))
    #expect("a.slice".ends(with: ".slice"))
    #expect("".begins(with: ""))
    #expect(!"slice".ends(with: ".slice"))
    #expect("e\u{301}".ends(with: "\u{301}"))
  }
}
