/// The naming rules of OpenMetrics 1.0, of the Prometheus documentation ("Metric and label naming") and of this program,
/// for a test over all registered families.
extension Family {
  /// The units a family may have: base units only.
  package static let baseUnits: Set<String> = [
    "seconds", "bytes", "joules", "watts", "hertz", "volts", "amperes", "celsius", "ratio",
  ]

  /// Suffixes that an encoder adds to a family's name, or that other exporters' samples have in OpenMetrics.
  package static let reservedSuffixes = [
    "_total", "_info", "_bucket", "_sum", "_count", "_created", "_gcount", "_gsum",
  ]

  /// Labels that belong to the format or that the scraping server sets itself.
  package static let reservedLabels: Set<String> = ["le", "quantile", "job", "instance"]

  /// What is wrong with the family, each as a sentence that names it; empty where nothing is.
  package func problems() -> [String] {
    (nameProblems() + unitProblems() + helpProblems() + labelProblems()).map { "\(name) \($0)." }
  }

  /// The problems of each of `families` and those they have with one another.
  package static func problems(in families: some Sequence<Family>) -> [String] {
    var seen: Set<String> = []
    return families.flatMap { family in
      family.problems() + (seen.insert(family.name).inserted ? [] : ["\(family.name) is there twice."])
    }
  }

  private func nameProblems() -> [String] {
    var problems: [String] = []
    if !Self.isSnakeCase(name) { problems.append("is not snake_case of a-z and 0-9") }
    for suffix in Self.reservedSuffixes where name.hasSuffix(suffix) {
      problems.append("ends in \(suffix), which is left to the encoder")
    }
    if type == .unknown && name.hasPrefix("wattprobe_") { problems.append("is of unknown type, and our own") }
    return problems
  }

  private func unitProblems() -> [String] {
    guard let unit else {
      return Self.baseUnits.filter { name.hasSuffix("_" + $0) }.map { "ends in \($0) but has no unit" }
    }
    var problems: [String] = []
    if type == .info { problems.append("is an info and has a unit") }
    if !Self.baseUnits.contains(unit) { problems.append("has the unit \(unit), which is not a base unit") }
    if !name.hasSuffix("_" + unit) { problems.append("does not end in its unit \(unit)") }
    return problems
  }

  private func helpProblems() -> [String] {
    if help.isEmpty { return ["has no help"] }
    var problems: [String] = []
    if !help.hasSuffix(".") { problems.append("has a help text that does not end in a period") }
    if help.utf8.contains(where: { $0 < 0x20 }) { problems.append("has a help text of more than one line") }
    return problems
  }

  private func labelProblems() -> [String] {
    var problems: [String] = []
    for label in labels {
      if !Self.isSnakeCase(label) { problems.append("has the label \(label), which is not snake_case of a-z and 0-9") }
      if Self.reservedLabels.contains(label) { problems.append("has the reserved label \(label)") }
    }
    if Set(labels).count < labels.count { problems.append("has a label twice") }
    return problems
  }

  /// Words of lower-case letters and digits, the first of which is a letter, joined by single underscores. Stricter than
  /// the formats, which also know upper case and colons.
  private static func isSnakeCase(_ name: String) -> Bool {
    guard let first = name.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else { return false }
    return name.utf8.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false).allSatisfy { word in
      !word.isEmpty
        && word.allSatisfy {
          (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
    }
  }
}
