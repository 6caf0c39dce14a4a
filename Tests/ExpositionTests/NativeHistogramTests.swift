import Exposition
import Fixtures
import Foundation
import Testing

@Suite struct NativeHistogramTests {
  private static let layout = HistogramLayout(lowest: -20, highest: 3)

  private func native(_ slots: [UInt64], _ scale: SlotScale) throws -> ProtobufReader.Metric {
    var writer = SampleWriter()
    writer.begin(Family("x_seconds", .histogram, unit: "seconds", help: "H."))
    writer.histogram(slots: slots, sum: 3_000_000_000, layout: Self.layout, scale: scale)
    var bytes: [UInt8] = []
    [writer.finish()].encode(as: .protobuf, native: true) { bytes += $0 }
    return try #require(try ProtobufReader.families(bytes).first?.metrics.first)
  }

  /// The upper bound of a slot in seconds, as the kernel has it: slots of a power of two, which divide it in equal ratios.
  private func bound(_ slot: Int, _ scale: SlotScale) -> Double {
    let parts = 1 << Int(scale.schema)
    return pow(2, Double(slot / parts - 31) + Double(slot % parts + 1) / Double(parts))
  }

  @Test(arguments: [false, true], [0, 10])
  func `each slot is the bucket with its bound`(isFine: Bool, first: Int) throws {
    let scale = SlotScale(isFine: isFine, first: first)
    let parts = isFine ? 8 : 1
    var random = Generator(seed: 7)
    for _ in 0..<200 {
      let slots = (0..<48 * parts).map { slot in
        // gaps of all lengths
        slot < first * parts || Int.random(in: 0..<4, using: &random) > 0
          ? 0 : UInt64.random(in: 1...99, using: &random)
      }
      let metric = try native(slots, scale)
      let native = try #require(metric.native)
      #expect(native.schema == (isFine ? 3 : 0))
      #expect(metric.count == slots.reduce(0, +))
      let threshold = try #require(native.zeroThreshold)
      let zeros = slots.indices.filter { first == 0 ? $0 < parts : bound($0, scale) <= threshold * 1.000001 }
      #expect(native.zeroCount == zeros.reduce(0) { $0 + slots[$1] })
      var left = native.counts
      for slot in slots.indices where !zeros.contains(slot) && slots[slot] > 0 {
        let index = Int64((log2(bound(slot, scale)) * Double(parts)).rounded())
        #expect(left.removeValue(forKey: index) == Int64(slots[slot]), "slot \(slot)")
      }
      #expect(left.values.allSatisfy { $0 == 0 })
    }
  }

  @Test func `what is less than the first slot told apart is in the zero bucket`() throws {
    var slots = [UInt64](repeating: 0, count: 48 * 8)
    slots[80] = 5
    slots[81] = 7
    let metric = try native(slots, SlotScale(isFine: true, first: 10))
    let native = try #require(metric.native)
    #expect(native.zeroCount == 5)
    let threshold = try #require(native.zeroThreshold)
    #expect(abs(threshold / bound(80, SlotScale(isFine: true)) - 1) < 1e-12)
    #expect(native.counts == [81 - 247: 7])
  }

  /// Or a server takes it for a classic one, and the series changes its kind with the first value.
  @Test func `an empty one can be told for a native one`() throws {
    let metric = try native([], SlotScale())
    #expect(metric.native == .init(schema: 0, zeroThreshold: 0x1p-128, zeroCount: 0))
    #expect(metric.count == 0)
  }

  @Test func `classic buckets are beside it`() throws {
    var slots = [UInt64](repeating: 0, count: 48 * 8)
    slots[8 * 20 + 3] = 4
    let metric = try native(slots, SlotScale(isFine: true))
    #expect(metric.buckets.map(\.bound).contains(0x1p-10))
    #expect(metric.buckets.map(\.count) == (-20...3).map { $0 < -10 ? 0 : 4 })
  }

  @Test func `there is none where it is not asked for`() throws {
    var writer = SampleWriter()
    writer.begin(Family("x_seconds", .histogram, unit: "seconds", help: "H."))
    writer.histogram(slots: [1, 2], sum: 3, layout: Self.layout)
    let bytes = writer.finish().bytes(.protobuf)
    #expect(try ProtobufReader.families(bytes).first?.metrics.first?.native == nil)
  }

  @Test func `spans and deltas are what client_golang sends`() throws {
    // nothing, then 2 in bucket -29, 1 in -28, gaps of two and of three
    let slots: [UInt64] = [0, 2, 1, 0, 0, 4, 0, 0, 0, 5]
    let native = try #require(try native(slots, SlotScale()).native)
    #expect(native.spans == [.init(offset: -29, length: 5), .init(offset: 3, length: 1)])
    #expect(native.deltas == [2, -1, -1, 0, 4, 1])
  }
}
