internal import ByteText

/// How often requests are answered, all clients together: a bucket of `burst` requests into which one comes each `interval`.
struct RateLimit: Sendable, Hashable {
  let interval: Duration
  /// 0: every request is refused.
  let burst: Int

  /// As the exporter toolkit has it, surprises included, each with a warning.
  init?(
    _ section: YAMLSection, warn: (String, Int) -> Void
  ) throws(WebConfigurationFileError) {
    let interval = try Self.interval(section)
    let burst = try section.integer("burst")
    guard let interval, interval.value != .zero else {
      if let burst { warn("burst without interval limits nothing", burst.line) }
      return nil
    }
    guard interval.value > .zero else {
      warn("a negative interval limits nothing", interval.line)
      return nil
    }
    if interval.value < .microseconds(1) {
      warn("interval is \(interval.value), which limits nothing: give it a unit, such as 1s", interval.line)
    }
    if (burst?.value ?? 0) <= 0 {
      warn("interval without a burst of 1 at least refuses every request, with 429", burst?.line ?? interval.line)
    }
    self.interval = interval.value
    self.burst = max(0, burst?.value ?? 0)
  }

  /// A duration as Go writes it, or a plain number of nanoseconds.
  private static func interval(_ section: YAMLSection) throws(WebConfigurationFileError) -> YAMLSection.Found<Duration>?
  {
    guard let text = try section.text("interval") else { return nil }
    guard let nanoseconds = Int64(text.value) ?? nanoseconds(of: text.value).map(Int64.init) else {
      throw WebConfigurationFileError(
        "interval \"\(text.value.printable())\" is no duration: write it as 500ms, 1s, 1m30s or 1h", line: text.line)
    }
    return YAMLSection.Found(value: .nanoseconds(nanoseconds), line: text.line)
  }

  private static let units: [(String, Double)] = [
    ("ns", 1), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 6e10), ("h", 3.6e12),
  ]

  /// Nanoseconds of `1h2m3.5s`, with a sign or without; nil where it is none, or does not fit into 64 bits.
  static func nanoseconds(of text: String) -> Double? {
    var rest = Array(text.utf8)[...]
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
    guard !rest.isEmpty else { return nil }
    var sum = 0.0
    while !rest.isEmpty {
      let digits = rest.prefix { $0 == UInt8(ascii: ".") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      rest = rest.dropFirst(digits.count)
      let unit = rest.prefix { $0 != UInt8(ascii: ".") && !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      rest = rest.dropFirst(unit.count)
      guard let factor = units.first(where: { $0.0.utf8.elementsEqual(unit) })?.1, let number = number(digits) else {
        return nil
      }
      sum += number * factor
    }
    // the largest that fits, 2^63, is not reached
    return sum < 0x1p63 ? (isNegative ? -sum : sum) : nil
  }

  /// `1`, `1.5`, `1.` and `.5`
  private static func number(_ digits: ArraySlice<UInt8>) -> Double? {
    let text = String(decoding: digits, as: UTF8.self)
    guard digits.contains(where: { $0 != UInt8(ascii: ".") }) else { return nil }
    return Double((text.begins(with: ".") ? "0" : "") + text + (text.ends(with: ".") ? "0" : ""))
  }
}

/// The bucket. Lives on the event loop.
struct RateLimiter {
  private let limit: RateLimit
  private var tokens: Double
  private var last: Duration

  /// - Parameter now: of a clock that never goes back.
  init(_ limit: RateLimit, now: Duration) {
    self.limit = limit
    tokens = Double(limit.burst)
    last = now
  }

  /// Whether a request may be answered now.
  mutating func takes(now: Duration) -> Bool {
    tokens = min(Double(limit.burst), tokens + (now - last) / limit.interval)
    last = now
    guard tokens >= 1 else { return false }
    tokens -= 1
    return true
  }
}
