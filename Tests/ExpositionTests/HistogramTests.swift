import Fixtures
import Exposition
import Testing

@Suite struct HistogramTests {
  private func values(_ slots: [UInt64], _ lowest: Int, _ highest: Int, sum: UInt64 = 0) throws -> [String] {
    var writer = SampleWriter()
    writer.begin(Family("x_seconds", .histogram, unit: "seconds", help: "X."))
    writer.histogram(slots: slots, sum: sum, layout: .init(lowest: lowest, highest: highest))
    return try TextReader(writer.finish().text(.openMetrics)).samples.map(\.value)
  }

  @Test func `slots below the lowest bound are in the first bucket`() throws {
    #expect(try values([1, 2, 4, 8], -28, -27) == ["7", "15", "15", "15", "0"])
  }

  @Test func `slots above the highest bound are in infinity, count and nothing else`() throws {
    #expect(try values([1, 2, 4, 8], -30, -29) == ["1", "3", "15", "15", "0"])
  }

  @Test func `fewer slots than bounds leave the last buckets level`() throws {
    #expect(try values([5], -30, -28) == ["5", "5", "5", "5", "5", "0"])
    #expect(try values([5], -10, -10) == ["5", "5", "5", "0"])
  }

  @Test func `more slots than there can be bounds are counted`() throws {
    #expect(try values(Array(repeating: 1, count: 80), 34, 34) == ["65", "80", "80", "0"])
  }

  @Test func `the sum is exact to the nanosecond`() throws {
    #expect(try values([], 0, 0, sum: 86_400_000_000_001).last == "86400.000000001")
  }

  @Test func `text is the same however finely slots are told apart`() throws {
    let eighths = (0..<8 * 48).map { UInt64($0 * $0 % 97) }
    let whole = (0..<48).map { slot in eighths[slot * 8..<slot * 8 + 8].reduce(0, +) }
    for (lowest, highest) in [(-30, -30), (-20, 3), (-30, 17), (5, 34)] {
      var writer = SampleWriter()
      writer.begin(Family("x_seconds", .histogram, unit: "seconds", help: "X."))
      writer.histogram(
        slots: eighths, sum: 7, layout: .init(lowest: lowest, highest: highest), scale: SlotScale(isFine: true))
      #expect(
        try TextReader(writer.finish().text(.openMetrics)).samples.map(\.value)
          == values(whole, lowest, highest, sum: 7))
    }
  }

  @Test func `slots that are no array are taken as well`() throws {
    var writer = SampleWriter()
    writer.begin(Family("x", .histogram, help: "X."))
    writer.histogram(slots: [1, 2, 3].lazy.map(UInt64.init), sum: 0, layout: .init(lowest: -29, highest: -29))
    #expect(try TextReader(writer.finish().text(.prometheus)).samples.map(\.value) == ["3", "6", "6", "0"])
  }
}
