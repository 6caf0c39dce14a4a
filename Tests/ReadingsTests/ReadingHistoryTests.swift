import Exposition
import Testing

@testable import Readings

@Suite struct ReadingHistoryTests {
  private static func reading(_ seconds: UInt64, _ samples: [(labels: String, value: String)]) throws -> Reading {
    let text = "# TYPE c_total counter\n" + samples.map { "c_total{\($0.labels)} \($0.value)\n" }.joined()
    return try Reading(Array(text.utf8), format: .prometheus, time: seconds * 1_000_000_000)
  }

  private static let a = Labels([("id", "a")])
  private static let b = Labels([("id", "b")])

  @Test func increasesAreExactOverRealTime() throws {
    var history = ReadingHistory(from: try Self.reading(10, [("id=\"a\"", "18446744073.709551614")]))
    let difference = history.advance(to: try Self.reading(12, [("id=\"a\"", "18446744073.709551615")]))
    #expect(difference.seconds == 2)
    #expect(difference.increases("c") == [Self.a: .exact(1)])
  }

  @Test func aCounterThatFellBeganAnew() throws {
    var history = ReadingHistory(from: try Self.reading(0, [("id=\"a\"", "100")]))
    #expect(history.advance(to: try Self.reading(1, [("id=\"a\"", "7")])).increases("c") == [Self.a: Number(7)])
    #expect(history.advance(to: try Self.reading(2, [("id=\"a\"", "9")])).increases("c") == [Self.a: Number(2)])
  }

  @Test func aSeriesThatIsNewBeganAtNothing() throws {
    var history = ReadingHistory(from: try Self.reading(0, []))
    #expect(history.advance(to: try Self.reading(1, [("id=\"b\"", "3")])).increases("c") == [Self.b: Number(3)])
  }

  @Test func aSeriesThatComesBackGoesOn() throws {
    let both = [("id=\"a\"", "10"), ("id=\"b\"", "5")]
    var history = ReadingHistory(from: try Self.reading(0, both))
    #expect(history.advance(to: try Self.reading(1, [both[1]])).increases("c") == [Self.b: Number(0)])
    _ = history.advance(to: try Self.reading(2, [both[1]]))
    let back = history.advance(to: try Self.reading(3, [("id=\"a\"", "12"), both[1]]))
    #expect(back.increases("c") == [Self.a: Number(2), Self.b: Number(0)])
  }

  @Test func gaugesStandAndHaveNoIncrease() throws {
    func gauge(_ value: String, _ time: UInt64) throws -> Reading {
      try Reading(Array("# TYPE g gauge\ng \(value)\n".utf8), format: .prometheus, time: time)
    }
    var history = ReadingHistory(from: try gauge("4", 1))
    let difference = history.advance(to: try gauge("-2.5", 2))
    #expect(difference.increases("g").isEmpty)
    #expect(difference.values("g") == [.none: .exact(-2_500_000_000)])
  }

  @Test func timeThatGoesBackIsNone() throws {
    var history = ReadingHistory(from: try Self.reading(5, []))
    #expect(history.advance(to: try Self.reading(4, [])).seconds == 0)
  }
}
