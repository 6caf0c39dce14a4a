import ArgumentParser

/// A power on the command line: watts, whole or with a decimal point.
struct PowerArgument: Hashable, Codable {
  let microwatts: UInt64

  /// More than any package draws.
  private static let most = 10_000.0

  static func parse(_ text: String) throws -> PowerArgument {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard text.utf8.allSatisfy({ digits.contains($0) || $0 == UInt8(ascii: ".") }), let watts = Double(text),
      watts <= most
    else {
      throw ValidationError("\"\(text)\" is no power: write watts from 0 to 10000, such as 12.5")
    }
    return PowerArgument(microwatts: UInt64((watts * 1e6).rounded()))
  }
}
