import Testing

@testable import Web

@Suite struct RateLimitTests {
  @Test(arguments: [
    ("1s", 1e9), ("500ms", 5e8), ("1h2m3.5s", 3723.5e9), (".5s", 5e8), ("1.s", 1e9), ("10us", 1e4), ("10µs", 1e4),
    ("-2s", -2e9), ("+2ns", 2),
  ])
  func durationsAreGoS(text: String, nanoseconds: Double) throws {
    #expect(try #require(RateLimit.nanoseconds(of: text)) == nanoseconds)
  }

  @Test(arguments: ["", "-", "1d", "s", ".s", "1", "1.2.3s", "1 s", "99999999999h", "1S", "e5s", "nan", "infs"])
  func otherTextIsNoDuration(_ text: String) { #expect(RateLimit.nanoseconds(of: text) == nil) }

  private static func limit(_ text: String) throws -> RateLimit {
    let file = try WebConfigurationFile(parsing: Array("rate_limit: {\(text)}".utf8), path: "web.yml")
    return try #require(file.rateLimit)
  }

  private static func four(_ limiter: inout RateLimiter, _ now: Duration) -> [Bool] {
    (0..<4).map { _ in limiter.takes(now: now) }
  }

  private static func takes(_ limiter: inout RateLimiter, _ now: Duration) -> Bool { limiter.takes(now: now) }

  @Test func bucketHoldsTheBurstAndFillsWithTime() throws {
    var limiter = RateLimiter(try Self.limit("interval: 1s, burst: 3"), now: .seconds(100))
    #expect(Self.four(&limiter, .seconds(100)) == [true, true, true, false])
    #expect(!Self.takes(&limiter, .milliseconds(100_999)))
    #expect(Self.takes(&limiter, .seconds(101)))
    #expect(!Self.takes(&limiter, .seconds(101)))
    // no more than the burst is ever saved
    #expect(Self.four(&limiter, .seconds(1000)) == [true, true, true, false])
  }

  @Test func withoutBurstNothingIsTaken() throws {
    var limiter = RateLimiter(try Self.limit("interval: 1s"), now: .zero)
    #expect(!Self.takes(&limiter, .seconds(1000)))
  }

  @Test(arguments: ["9223372036854775807", "2562047h47m16s", "1ns"]) func extremesAreTaken(_ interval: String) throws {
    var limiter = RateLimiter(try Self.limit("interval: \(interval), burst: 1"), now: .zero)
    #expect(Self.takes(&limiter, .zero))
    #expect(Self.takes(&limiter, .seconds(1)) == (interval == "1ns"))
  }

  @Test func nanosecondIsNoLimit() throws {
    var limiter = RateLimiter(try Self.limit("interval: 1, burst: 1"), now: .zero)
    for second in 1..<10 { #expect(Self.takes(&limiter, .seconds(second))) }
  }
}
