import Foundation
import JSONText
import Testing

/// What is written is what another reader of JSON finds.
@Suite struct JSONTests {
  @Test func valuesAreReadBack() throws {
    let value = JSON.object([
      ("whole", .unsigned(.max)), ("negative", .integer(-3)), ("seconds", .decimal(1_234_000_005, digits: 9)),
      ("small", .decimal(5, digits: 6)), ("ratio", .double(0.25)), ("none", .double(.infinity)), ("yes", .bool(true)),
      ("nothing", .null), ("list", .array([.unsigned(1), .array([]), .object([])])),
    ])
    let found = try #require(
      try JSONSerialization.jsonObject(with: Data(value.text.utf8)) as? [String: Any], "\(value.text)")
    #expect((found["whole"] as? NSNumber)?.uint64Value == .max)
    #expect((found["negative"] as? NSNumber)?.intValue == -3)
    #expect((found["seconds"] as? NSNumber)?.doubleValue == 1.234000005)
    #expect((found["small"] as? NSNumber)?.doubleValue == 0.000005)
    #expect((found["ratio"] as? NSNumber)?.doubleValue == 0.25)
    #expect(found["none"] is NSNull && found["nothing"] is NSNull)
    #expect(found["yes"] as? Bool == true)
    #expect((found["list"] as? [Any])?.count == 3)
  }

  /// Any text, the parts of names that break lines and quotes among them.
  @Test(arguments: ["", "plain", "\"\\\n\t\r\u{0}\u{1f}\u{7f}\u{85}\u{2028}", "é\u{301}👩‍👧", "</script>"])
  func stringsAreReadBack(text: String) throws {
    let written = JSON.array([.string(text)]).text
    #expect(!written.dropFirst(4).dropLast(3).unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7f })
    let found = try #require(try JSONSerialization.jsonObject(with: Data(written.utf8)) as? [String])
    #expect(found[0].unicodeScalars.elementsEqual(text.unicodeScalars))
  }

  @Test func decimalsHaveAllTheirDigits() {
    #expect(JSON.decimal(.max, digits: 9) == "18446744073.709551615")
    #expect(JSON.decimal(0, digits: 6) == "0.000000")
    #expect(JSON.decimal(7, digits: 0) == "7")
  }
}
