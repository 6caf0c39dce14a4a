import Foundation

/// The samples of one scrape, in either text format.
struct Scrape {
  struct Sample {
    let name: String
    let labels: [String: String]
    /// As it is written.
    let value: String

    var number: Double { Double(value) ?? .nan }

    /// In millionths, exactly.
    var micro: Int {
      let parts = value.split(separator: ".")
      let fraction = parts.count > 1 ? String(parts[1]) : ""
      return Int(parts[0])! * 1_000_000 + Int(fraction.padding(toLength: 6, withPad: "0", startingAt: 0))!
    }
  }

  let samples: [Sample]

  init(_ text: String) {
    samples = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
      let name = String(line.prefix { $0 != "{" && $0 != " " })
      let labels = line.matches(of: /([a-z_]+)="((?:[^"\\]|\\.)*)"/).map { (String($0.1), String($0.2)) }
      return Sample(
        name: name, labels: Dictionary(uniqueKeysWithValues: labels),
        value: String(line[line.index(after: line.lastIndex(of: " ")!)...]))
    }
  }

  /// The samples of this name that have these labels among theirs.
  func of(_ name: String, _ labels: [String: String] = [:]) -> [Sample] {
    samples.filter { sample in sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value } }
  }

  /// In millionths.
  func sum(_ name: String, _ labels: [String: String] = [:]) -> Int { of(name, labels).reduce(0) { $0 + $1.micro } }
}
