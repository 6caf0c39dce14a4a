import Accounts
import Testing

@Suite struct StatisticsTests {
  /// perf stat -r 5 showed 0.3057 +- 0.0709 ( +- 23.20% ) for runs from 0.1059 to 0.5064 s, a tenth apart.
  @Test func theyAreThoseOfPerf() {
    let values = [0.1059, 0.2065, 0.3060, 0.4037, 0.5064]
    let statistics = Statistics(values)
    #expect(statistics.count == 5)
    #expect(abs(statistics.mean - 0.3057) < 1e-4)
    #expect(abs(statistics.relativeError * statistics.mean - 0.0709) < 5e-4)
    #expect(statistics.lowest == 0.1059 && statistics.highest == 0.5064)
  }

  @Test func fewOrEqualValuesHaveNoSpread() {
    #expect(Statistics([]).mean == 0 && Statistics([]).relativeError == 0)
    #expect(Statistics([3]).deviation == 0 && Statistics([2, 2, 2]).relativeError == 0)
    #expect(Statistics([0, 0]).relativeError == 0)
  }
}
