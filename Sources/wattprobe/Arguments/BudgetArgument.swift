import ArgumentParser

/// What the program may cost on the command line: `default`, `off`, or a share of one CPU, `N%`.
enum BudgetArgument: Hashable, Sendable {
  case standard
  case off
  /// In percent of one CPU.
  case share(Double)

  /// More than any machine has CPUs.
  private static let most = 1_000_000.0

  /// - Throws: an error that says how it is written.
  static func parse(_ text: String) throws -> BudgetArgument {
    switch text {
    case "default": return .standard
    case "off": return .off
    default: break
    }
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    let number = text.dropLast()
    guard text.utf8.last == UInt8(ascii: "%"),
      number.utf8.allSatisfy({ digits.contains($0) || $0 == UInt8(ascii: ".") }), let percent = Double(number),
      percent > 0, percent <= most
    else {
      throw ValidationError(
        "\"\(text)\" is no budget: write default, off, or a share of one CPU in percent, such as 2.5%")
    }
    return .share(percent)
  }

  /// In CPUs, on a machine with `cpus` of them; nil: no limit.
  func limit(cpus: Int) -> Double? {
    switch self {
    case .standard: 0.01 + 0.005 * Double(max(1, cpus))
    case .off: nil
    case .share(let percent): percent / 100
    }
  }
}
