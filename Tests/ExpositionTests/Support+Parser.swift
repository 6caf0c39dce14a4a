import Fixtures

/// A reader of both text formats for these tests: strict, slow, and independent of the encoder.
struct TextReader {
  struct Failure: Error {
    let line: String
    let reason: String
  }

  struct Sample: Equatable {
    let name: String
    /// In the order of the text, unescaped.
    let labels: [Label]
    let value: String
  }

  typealias Label = RandomSnapshot.Label

  struct Comment: Equatable {
    let keyword: String
    let name: String
    let text: String
  }

  private(set) var comments: [Comment] = []
  private(set) var samples: [Sample] = []
  private(set) var isEnded = false

  init(_ bytes: [UInt8]) throws {
    if bytes.isEmpty { return }
    guard bytes.last == UInt8(ascii: "\n") else { throw Failure(line: "", reason: "no final newline") }
    for line in bytes.dropLast().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      guard let text = String(validating: line, as: UTF8.self) else { throw Failure(line: "", reason: "invalid UTF-8") }
      if isEnded { throw Failure(line: text, reason: "text after # EOF") }
      if text == "# EOF" { isEnded = true } else { try read(text) }
    }
  }

  private mutating func read(_ line: String) throws {
    if line.hasPrefix("# ") {
      let parts = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 4 else { throw Failure(line: line, reason: "short comment") }
      comments.append(Comment(keyword: parts[1], name: parts[2], text: parts[3]))
      return
    }
    var rest = Substring.UnicodeScalarView(line.unicodeScalars)
    func take(_ isWanted: (Unicode.Scalar) -> Bool) -> String {
      let taken = rest.prefix(while: isWanted)
      rest = rest[taken.endIndex...]
      return String(taken)
    }
    func expect(_ scalar: Unicode.Scalar) throws {
      guard rest.popFirst() == scalar else { throw Failure(line: line, reason: "expected \(scalar)") }
    }
    func isName(_ scalar: Unicode.Scalar) -> Bool {
      scalar.isASCII && (scalar.properties.isAlphabetic || scalar == "_" || ("0"..."9").contains(scalar))
    }

    let name = take(isName)
    var labels: [Label] = []
    if rest.first == "{" {
      repeat {
        rest.removeFirst()
        let label = take(isName)
        try expect("=")
        try expect("\"")
        var value = ""
        while let scalar = rest.popFirst(), scalar != "\"" {
          guard scalar == "\\" else {
            value.unicodeScalars.append(scalar)
            continue
          }
          switch rest.popFirst() {
          case "n": value.append("\n")
          case "\\": value.append("\\")
          case "\"": value.append("\"")
          default: throw Failure(line: line, reason: "unknown escape")
          }
        }
        labels.append(Label(name: label, value: value))
      } while rest.first == ","
      try expect("}")
    }
    try expect(" ")
    let value = String(rest)
    guard !name.isEmpty, !value.isEmpty, !value.contains(" ") else { throw Failure(line: line, reason: "no sample") }
    samples.append(Sample(name: name, labels: labels, value: value))
  }
}
