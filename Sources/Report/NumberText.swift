internal import FixedPoint

/// Numbers as people read them.
enum NumberText {
  /// With so many digits behind the point, as many as `%.*f` has; very large ones as they are printed.
  static func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "–" : value < 0 ? "−∞" : "∞" }
    guard let text = FixedPoint.text(value.magnitude, digits: digits, hasGroups: true) else { return "\(value)" }
    return value < 0 && text.utf8.contains(where: { $0 >= UInt8(ascii: "1") && $0 <= UInt8(ascii: "9") })
      ? "−" + text : text
  }

  /// Three digits that matter, with k, M, G, T for powers of 1000.
  static func short(_ value: Double) -> String {
    let magnitude = value.magnitude
    for (limit, scale, suffix) in [(1e12, 1e12, "T"), (1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k")]
    where magnitude >= limit { return significant(value / scale) + suffix }
    return significant(value)
  }

  /// Three digits that matter, and no zeros at the end.
  private static func significant(_ value: Double) -> String {
    let magnitude = value.magnitude
    if magnitude == 0 { return "0" }
    let digits = magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : magnitude >= 1 ? 2 : magnitude >= 0.1 ? 3 : 4
    var text = fixed(value, digits)
    if digits > 0 {
      while text.utf8.last == UInt8(ascii: "0") { text.removeLast() }
      if text.utf8.last == UInt8(ascii: ".") { text.removeLast() }
    }
    return text
  }

  /// `12.3 %`, with its sign where `isSigned`.
  static func percent(_ share: Double?, isSigned: Bool = false) -> String {
    guard let share else { return "–" }
    let text = fixed(share * 100, 1)
    return (isSigned && share > 0 ? "+" : "") + text + " %"
  }

  /// Of seconds: `1.5 ms`, `3 min 20 s`.
  static func duration(_ seconds: Double?) -> String {
    guard let seconds, seconds.isFinite else { return "–" }
    switch seconds {
    case 0: return "0 s"
    // the kernel's clock has no less
    case ..<1e-9: return "1 ns"
    case ..<1e-6: return significant(seconds * 1e9) + " ns"
    case ..<1e-3: return significant(seconds * 1e6) + " µs"
    case ..<1: return significant(seconds * 1e3) + " ms"
    case ..<100: return significant(seconds) + " s"
    case ..<7200:
      let whole = UInt64(seconds.rounded())
      return whole % 60 == 0 ? "\(whole / 60) min" : "\(whole / 60) min \(whole % 60) s"
    case ..<1e15:
      let minutes = UInt64((seconds / 60).rounded())
      let hours = minutes / 60
      let rest = minutes % 60 == 0 ? "" : " \(minutes % 60) min"
      return hours < 48 ? "\(hours) h\(rest)" : "\(hours / 24) d \(hours % 24) h"
    default: return "\(seconds) s"
    }
  }
}
