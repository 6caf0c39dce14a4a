import Collecting
import Exposition
import Foundation
import Testing

/// A text of the repository.
struct Document: CustomTestStringConvertible {
  /// Below the root.
  let path: String
  let text: String

  init(_ path: String) throws {
    self.path = path
    text = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
  }

  var testDescription: String { path }

  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../..")
    .standardizedFileURL

  /// What people read: README, docs and the texts beside them.
  static let all: [Document] =
    ((try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: "docs").path)) ?? [])
    .filter { $0.hasSuffix(".md") }.sorted().map { "docs/" + $0 }
    .reduce(into: ["README.md", "BENCHMARKS.md", "CHANGELOG.md"]) { $0.append($1) }
    .compactMap { try? Document($0) }

  /// The lines of a fenced block, and what stands behind its three backticks.
  struct Block {
    let words: [Substring]
    let text: String

    var language: Substring { words.first ?? "" }
  }

  var blocks: [Block] {
    text.matches(of: /(?m)^```([^\n]*)\n((?s).*?)^```$/).map {
      Block(words: $0.1.split(separator: " "), text: String($0.2))
    }
  }

  /// The text without fenced blocks.
  var prose: String { text.replacing(/(?m)^```[^\n]*\n(?s).*?^```$/, with: "") }

  /// The anchors of the headings, as GitHub makes them.
  var anchors: Set<String> {
    Set(
      prose.matches(of: /(?m)^#+ (.+)$/).map { heading in
        String(
          heading.1.lowercased().replacing(" ", with: "-").unicodeScalars.filter {
            $0 == "-" || $0 == "_" || CharacterSet.alphanumerics.contains($0)
          }.map(Character.init))
      })
  }
}

extension Family {
  /// The names of its samples, as queries have them.
  var sampleNames: [String] {
    switch type {
    case .counter: [name + "_total"]
    case .gauge, .unknown: [name]
    case .info: [name + "_info"]
    case .histogram: ["_bucket", "_sum", "_count"].map { name + $0 }
    }
  }
}
