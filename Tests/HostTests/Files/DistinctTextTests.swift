import Fixtures
import Host
import Testing

/// Names from outside as text: what is written as a label is the identity of a series.
@Suite struct DistinctTextTests {
  @Test(arguments: ["", "plain", "é😀漢", "a\u{301}", "x\\y\"z\n", "\u{1}\t\r\u{7F}"])
  func utf8StaysAsItIs(text: String) {
    #expect(Array(String(distinguishing: text.utf8).utf8) == Array(text.utf8))
  }

  @Test(
    arguments: [
      ([0xFF], "\u{FFFD}ff"), ([0x78, 0xF8], "x\u{FFFD}f8"), ([0xF0, 0x9F, 0x98], "\u{FFFD}f0\u{FFFD}9f\u{FFFD}98"),
      ([0xC0, 0x80], "\u{FFFD}c0\u{FFFD}80"), ([0x41, 0xC3, 0x41], "A\u{FFFD}c3A"), ([0], "\u{FFFD}00"),
      (Array("\u{FFFD}".utf8), "\u{FFFD}+"),
    ] as [([UInt8], String)])
  func otherBytesAreShown(bytes: [UInt8], text: String) {
    #expect(String(distinguishing: bytes) == text)
  }

  /// Nobody can choose a name that is shown as another one's.
  @Test func differentBytesAreDifferentText() {
    var random = Generator(seed: 1)
    let pieces: [[UInt8]] = [
      [0xFF], [0xF8], [0xEF], [0xBF], [0xBD], Array("\u{FFFD}".utf8), Array("+".utf8), Array("ff".utf8),
      Array("f".utf8), [0],
      Array("é".utf8), [0xC3], [0xA9],
    ]
    var seen: [[UInt8]: [UInt8]] = [:]
    for _ in 0..<50_000 {
      let bytes = (0..<random.below(6)).flatMap { _ in pieces.randomElement(using: &random)! }
      let text = Array(String(distinguishing: bytes).utf8)
      #expect(String(validating: text, as: UTF8.self) != nil)
      #expect(seen[text] == nil || seen[text] == bytes, "\(bytes) and \(seen[text]!)")
      seen[text] = bytes
    }
  }
}
