import ArgumentParser

/// A number of bytes on the command line: a whole number, with k, M, G or T behind it for powers of 1000.
struct SizeArgument: Hashable {
  let bytes: UInt64

  static func parse(_ text: String) throws -> SizeArgument {
    guard let size = SizeArgument(text) else {
      throw ValidationError(
        "\"\(text)\" is no size: write a whole number of bytes, or one with k, M, G or T, such as 500M")
    }
    return size
  }

  private init?(_ text: String) {
    let units: [(String, UInt64)] = [
      ("k", 1000), ("M", 1_000_000), ("G", 1_000_000_000), ("T", 1_000_000_000_000),
    ]
    let unit = units.first { text.hasSuffix($0.0) }
    guard let number = UInt64(unit == nil ? text : String(text.dropLast())), number > 0 else { return nil }
    let (product, isTooLarge) = number.multipliedReportingOverflow(by: unit?.1 ?? 1)
    if isTooLarge { return nil }
    bytes = product
  }
}
