import NIOCore
import Testing

@testable import Web

@Suite struct GzipTests {
  @Test("Whatever is compressed inflates to itself", arguments: [0, 1, 100, 4096, 65_537, 3_000_000])
  func roundTrip(size: Int) throws {
    var state = UInt64(size) &+ 1
    let bytes = (0..<size).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 33)
    }
    let compressed = try #require(Gzip.compress(ByteBuffer(bytes: bytes)))
    #expect(gunzip(Array(compressed.readableBytesView)) == bytes)
  }

  @Test("Text gets much shorter")
  func text() throws {
    let text = (0..<10_000).map { "wattprobe_cpu_seconds_total{cpu=\"\($0)\"} \($0)\n" }.joined()
    let compressed = try #require(Gzip.compress(ByteBuffer(string: text)))
    #expect(compressed.readableBytes * 4 < text.utf8.count)
    #expect(gunzip(Array(compressed.readableBytesView)) == Array(text.utf8))
  }
}
