internal import ByteText
import CYAML

/// A value of a YAML document, with the line on which it begins.
struct YAMLValue: Hashable {
  enum Content: Hashable {
    /// A scalar without quotes, whose text alone says whether it is a number, a boolean or null.
    case plain(String)
    /// A scalar in quotes, or a block: text whatever it looks like.
    case quoted(String)
    case list([YAMLValue])
    case map([Entry])
  }

  struct Entry: Hashable {
    let key: String
    /// Of the key.
    let line: Int
    let value: YAMLValue
  }

  let content: Content
  /// From 1.
  let line: Int
  var isNull: Bool {
    if case .plain(let text) = content { ["", "~", "null", "Null", "NULL"].contains(text) } else { false }
  }
}

/// Parses one YAML document by libyaml, as a configuration needs it: no key twice, no anchors, aliases or tags, and bounds on
/// size and depth.
struct YAMLParser: ~Copyable {
  /// More is no configuration.
  static let mostBytes = 1 << 20
  private static let mostDepth = 16

  private let parser: OpaquePointer

  /// The document's value; null where there is none.
  static func parse(_ bytes: [UInt8]) throws(WebConfigurationFileError) -> YAMLValue {
    guard bytes.count <= mostBytes else { throw WebConfigurationFileError("larger than \(mostBytes) bytes") }
    return try bytes.withUnsafeBufferPointer { text throws(WebConfigurationFileError) in
      guard let parser = cyaml_open(text.baseAddress, text.count) else {
        throw WebConfigurationFileError("no memory to parse it")
      }
      return try YAMLParser(parser: parser).document()
    }
  }

  private init(parser: OpaquePointer) { self.parser = parser }
  deinit { cyaml_close(parser) }

  private func next() throws(WebConfigurationFileError) -> cyaml_event {
    let event = cyaml_next(parser)
    let line = Int(clamping: event.line)
    if event.kind == CYAML_ERROR {
      throw WebConfigurationFileError("not YAML: \(String(cString: event.text))", line: line)
    }
    if event.kind == CYAML_ALIAS || event.anchored {
      throw WebConfigurationFileError("anchors and aliases (& and *) are not taken: write the value out", line: line)
    }
    if event.tagged { throw WebConfigurationFileError("tags (!) are not taken", line: line) }
    return event
  }

  private func document() throws(WebConfigurationFileError) -> YAMLValue {
    var value = YAMLValue(content: .plain(""), line: 1)
    var event = try next()
    guard event.kind == CYAML_DOCUMENT else { return value }
    value = try self.value(next(), depth: 0)
    event = try next()
    guard event.kind == CYAML_END else {
      throw WebConfigurationFileError("a second document begins here", line: Int(clamping: event.line))
    }
    return value
  }

  private func value(_ event: cyaml_event, depth: Int) throws(WebConfigurationFileError) -> YAMLValue {
    let line = Int(clamping: event.line)
    guard depth < Self.mostDepth else { throw WebConfigurationFileError("nested too deeply", line: line) }
    switch event.kind {
    case CYAML_SEQUENCE:
      var elements: [YAMLValue] = []
      while case let element = try next(), element.kind != CYAML_SEQUENCE_END {
        elements.append(try value(element, depth: depth + 1))
      }
      return YAMLValue(content: .list(elements), line: line)
    case CYAML_MAPPING:
      return YAMLValue(content: .map(try entries(depth: depth)), line: line)
    default:
      let text = Self.text(of: event)
      return YAMLValue(content: event.plain ? .plain(text) : .quoted(text), line: line)
    }
  }

  private func entries(depth: Int) throws(WebConfigurationFileError) -> [YAMLValue.Entry] {
    var entries: [YAMLValue.Entry] = []
    // by bytes: to Strings an accented letter is the same composed and decomposed
    var lines: [[UInt8]: Int] = [:]
    while case let event = try next(), event.kind != CYAML_MAPPING_END {
      let line = Int(clamping: event.line)
      guard event.kind == CYAML_SCALAR else { throw WebConfigurationFileError("a key is not a word", line: line) }
      let key = Self.text(of: event)
      if let first = lines.updateValue(line, forKey: Array(key.utf8)) {
        throw WebConfigurationFileError("\"\(key.printable())\" stands twice, first in line \(first)", line: line)
      }
      entries.append(YAMLValue.Entry(key: key, line: line, value: try value(next(), depth: depth + 1)))
    }
    return entries
  }

  /// libyaml gives nothing but valid UTF-8.
  private static func text(of event: cyaml_event) -> String {
    String(
      decoding: UnsafeRawBufferPointer(start: event.text, count: event.length), as: UTF8.self)
  }
}
