import ArgumentParser

/// A time on the command line: a whole number with `ms`, `s`, `m` or `h` behind it.
struct DurationArgument: ExpressibleByArgument, CustomStringConvertible, Hashable, Comparable {
  let nanoseconds: UInt64

  init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  static func milliseconds(_ count: UInt64) -> DurationArgument { DurationArgument(nanoseconds: count * 1_000_000) }
  static func seconds(_ count: UInt64) -> DurationArgument { milliseconds(count * 1000) }

  static func < (one: DurationArgument, other: DurationArgument) -> Bool { one.nanoseconds < other.nanoseconds }

  /// As `init(argument:)`, with an error that says how a time is written.
  static func parse(_ text: String) throws -> DurationArgument {
    guard let duration = DurationArgument(argument: text) else {
      throw ValidationError("\"\(text)\" is no time: write a whole number and ms, s, m or h, such as 500ms or 2m")
    }
    return duration
  }

  init?(argument: String) {
    let units: [(String, UInt64)] = [
      ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]
    for (suffix, scale) in units where argument.hasSuffix(suffix) {
      guard let number = UInt64(argument.dropLast(suffix.count)), number > 0 else { return nil }
      let (product, isTooLarge) = number.multipliedReportingOverflow(by: scale)
      if isTooLarge { return nil }
      nanoseconds = product
      return
    }
    return nil
  }

  var description: String {
    nanoseconds % 1_000_000_000 == 0 ? "\(nanoseconds / 1_000_000_000)s" : "\(nanoseconds / 1_000_000)ms"
  }
}
