internal import Fixtures

/// Changes inputs as somebody would who wants to break what reads them: the same ones from the same seed.
package struct Mutator {
  private static let tokens: [String] = [
    "0", "-1", "18446744073709551615", "18446744073709551616", "9223372036854775807", "9223372036854775808",
    "4294967295", "4294967296", "99999999999999999999999999", "1e308", "-0.0", "nan", "inf", "0x", "\n", "\r\n", "\0",
    " ", "\t", ":", "=", "-", ",", "/", "..", "\u{301}", "\u{FEFF}", "\"", "\\",
  ]
  private var random: Generator

  package init(seed: UInt64) { random = Generator(seed: seed) }

  /// One of the seeds, changed in one to eight places.
  package mutating func next(_ seeds: [[UInt8]]) -> [UInt8] {
    var bytes = pick(seeds)
    for _ in 0...random.below(8) { change(&bytes, seeds) }
    return bytes
  }

  private mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int(random.below(UInt64(elements.count)))]
  }

  private mutating func place(in bytes: [UInt8]) -> Int { Int(random.below(UInt64(bytes.count) + 1)) }

  private mutating func range(in bytes: [UInt8]) -> Range<Int> {
    let start = place(in: bytes)
    return start..<min(bytes.count, start + Int(random.below(16)))
  }

  private mutating func change(_ bytes: inout [UInt8], _ seeds: [[UInt8]]) {
    switch random.below(8) {
    case 0:
      if !bytes.isEmpty { bytes[Int(random.below(UInt64(bytes.count)))] ^= 1 << UInt8(random.below(8)) }
    case 1: bytes.insert(UInt8(random.below(256)), at: place(in: bytes))
    case 2: bytes.removeSubrange(range(in: bytes))
    case 3: bytes.insert(contentsOf: bytes[range(in: bytes)], at: place(in: bytes))
    case 4: bytes.insert(contentsOf: pick(Self.tokens).utf8, at: place(in: bytes))
    case 5: replaceNumber(in: &bytes)
    case 6: bytes.removeSubrange(place(in: bytes)...)
    default:
      let other = pick(seeds)
      let cut = place(in: other)
      bytes.replaceSubrange(place(in: bytes)..., with: other[cut...])
    }
  }

  private mutating func replaceNumber(in bytes: inout [UInt8]) {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    let start = place(in: bytes)
    guard let first = bytes[start...].firstIndex(where: digits.contains) else { return }
    let end = bytes[first...].firstIndex { !digits.contains($0) } ?? bytes.endIndex
    bytes.replaceSubrange(first..<end, with: pick(Self.tokens).utf8)
  }
}
