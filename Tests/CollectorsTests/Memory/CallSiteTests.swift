import Testing

@testable import Collectors

@Suite struct CallSiteTests {
  private static let names: [UInt64: String] = [10: "a", 11: "a", 20: "b", 30: "c"]

  private func sites(_ values: [UInt64: Int64]) -> [(address: UInt64, value: Outstanding)] {
    values.sorted { $0.key < $1.key }.map { ($0.key, Outstanding(bytes: $0.value, count: 1)) }
  }

  @Test func placesInOneFunctionAreOneAndTheRestIsOther() {
    let callSites = CallSites(period: 0) { _ in Self.names }
    let shown = callSites.greatest(2, of: sites([0: 5, 10: 30, 11: 30, 20: 50, 30: 7, 99: 1]), now: 0)
    #expect(shown.map(\.name) == ["a", "b", "other"])
    #expect(shown.map(\.value.bytes) == [60, 50, 13])
    #expect(shown.map(\.value.count) == [2, 1, 3])
  }

  /// The symbols are read when there is something new, and not more often than the period allows.
  @Test func symbolsAreReadSeldom() {
    var asked: [[UInt64]] = []
    let callSites = CallSites(period: 100) { addresses in
      asked.append(addresses)
      return Self.names
    }
    _ = callSites.greatest(5, of: sites([10: 1, 99: 1]), now: 1_000)
    _ = callSites.greatest(5, of: sites([10: 1, 99: 1]), now: 5_000)
    #expect(asked == [[10, 99]])
    let early = callSites.greatest(5, of: sites([10: 1, 20: 4]), now: 1_050)
    #expect(early.map(\.name) == ["a", "other"])
    let late = callSites.greatest(5, of: sites([10: 1, 20: 4]), now: 1_100)
    #expect(late.map(\.name) == ["b", "a", "other"])
    #expect(asked == [[10, 99], [20]])
  }

  @Test func siteThatHoldsNothingHasNoSeries() {
    let callSites = CallSites(period: 0) { _ in Self.names }
    let empty: [(address: UInt64, value: Outstanding)] = [(20, Outstanding(bytes: 0, count: 0))]
    #expect(callSites.greatest(5, of: empty, now: 0).map(\.name) == ["other"])
  }
}
