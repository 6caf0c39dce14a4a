import Foundation

/// The samples of a scrape, by names without the prefix.
struct Samples {
  private let lines: [String]

  init(_ lines: [String]) { self.lines = lines }

  private func matching(_ name: String, _ labels: [String: String]) -> [String] {
    lines.filter { line in
      guard line.hasPrefix("wattprobe_\(name)"), let next = line.dropFirst(10 + name.count).first else { return false }
      return (next == "{" || next == " ") && labels.allSatisfy { line.contains("\($0.key)=\"\($0.value)\"") }
    }
  }

  func has(_ name: String, _ labels: [String: String] = [:]) -> Bool { !matching(name, labels).isEmpty }

  /// The sum of joules in microjoules, by the exact text.
  func microjoules(_ name: String, _ labels: [String: String] = [:]) -> UInt64 {
    matching(name, labels).reduce(0) { $0 + Self.microjoules(of: $1) }
  }

  /// The value at the end of a line, exactly.
  static func microjoules(of line: String) -> UInt64 {
    let number = line.split(separator: " ").last!.split(separator: ".")
    let fraction = number.count > 1 ? String(number[1]) : ""
    return UInt64(number[0])! * 1_000_000 + UInt64(fraction.padding(toLength: 6, withPad: "0", startingAt: 0))!
  }
}
