/// The labels of a series, which are its identity within its family.
package struct Labels: Sendable, Hashable {
  /// Names and values one after the other, by names; both without escapes.
  private let parts: [String]

  package static let none = Labels([])

  package init(_ pairs: [(name: String, value: String)]) {
    let isOrdered = zip(pairs, pairs.dropFirst()).allSatisfy { $0.name < $1.name }
    parts = (isOrdered ? pairs : pairs.sorted { $0.name < $1.name }).flatMap { [$0.name, $0.value] }
  }

  package subscript(name: String) -> String? {
    for index in stride(from: 0, to: parts.count, by: 2) where parts[index] == name { return parts[index + 1] }
    return nil
  }

  package var pairs: [(name: String, value: String)] {
    stride(from: 0, to: parts.count, by: 2).map { (parts[$0], parts[$0 + 1]) }
  }

  /// The same without those of these names.
  package func without(_ names: Set<String>) -> Labels { Labels(pairs.filter { !names.contains($0.name) }) }
}
