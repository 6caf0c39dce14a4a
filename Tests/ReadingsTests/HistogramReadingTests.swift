import Fixtures
import Testing

@testable import Readings

@Suite struct HistogramReadingTests {
  private static func histogram(_ buckets: [(Double, UInt64)], sum: UInt64) -> HistogramReading {
    HistogramReading(buckets: buckets.map { .init(bound: $0.0, count: $0.1) }, sum: Number(sum))
  }

  private static let some = histogram([(1, 10), (2, 30), (4, 30), (.infinity, 40)], sum: 80)

  /// Linear between the bounds, the highest finite one beyond them.
  @Test(arguments: [(0, 0), (0.125, 0.5), (0.25, 1), (0.5, 1.5), (0.75, 2), (0.99, 4), (1, 4)] as [(Double, Double)])
  func quantileIsLinearWithinABucket(q: Double, value: Double) throws {
    #expect(try #require(Self.some.quantile(q)) == value)
  }

  @Test func nothingHasNoMeanAndNoQuantile() {
    let empty = Self.histogram([(1, 0), (.infinity, 0)], sum: 0)
    #expect(empty.mean == nil)
    #expect(empty.quantile(0.5) == nil)
    #expect(Self.histogram([(.infinity, 3)], sum: 6).quantile(0.5) == nil)
    #expect(Self.some.mean == 2)
  }

  @Test func increaseIsWhatCameSince() {
    let later = Self.histogram([(1, 11), (2, 33), (4, 34), (.infinity, 50)], sum: 100)
    #expect(later.increase(since: Self.some) == Self.histogram([(1, 1), (2, 3), (4, 4), (.infinity, 10)], sum: 20))
  }

  @Test func whatBeganAnewIsAllNew() {
    let fewer = Self.histogram([(1, 2), (2, 2), (4, 2), (.infinity, 2)], sum: 1)
    #expect(fewer.increase(since: Self.some) == fewer)
    let others = Self.histogram([(1, 50), (8, 60), (16, 70), (.infinity, 80)], sum: 200)
    #expect(others.increase(since: Self.some) == others)
  }

  @Test func sumsAreThoseOfTheParts() {
    var random = Generator(seed: 3)
    for _ in 0..<100 {
      let counts = (0..<4).map { _ in (0..<2).map { _ in random.below(1000) } }
      func parts(_ index: Int) -> HistogramReading {
        var total: UInt64 = 0
        return Self.histogram(
          zip([1, 2, 4, .infinity], counts).map { bound, count in
            total += count[index]
            return (bound, total)
          }, sum: total)
      }
      let both = parts(0).adding(parts(1))
      #expect(both?.count == parts(0).count + parts(1).count)
      #expect(both?.sum == parts(0).sum + parts(1).sum)
      #expect(both?.increase(since: parts(0)) == parts(1))
    }
    #expect(Self.some.adding(Self.histogram([(.infinity, 1)], sum: 1)) == nil)
  }
}
