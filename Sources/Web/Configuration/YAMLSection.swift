internal import ByteText

/// A mapping of a configuration file whose keys are known: gives their values as what they have to be.
struct YAMLSection {
  /// A value with the line on which its key stands.
  struct Found<Value> {
    let value: Value
    let line: Int
  }

  private let name: String
  private let entries: [YAMLValue.Entry]

  /// - Parameter name: how errors call the section; empty for the document.
  init(_ value: YAMLValue, name: String, keys: Set<String>) throws(WebConfigurationFileError) {
    self.name = name
    entries = try Self.entries(value, name: name.isEmpty ? "the file" : name)
    for entry in entries where !keys.contains(entry.key) {
      throw WebConfigurationFileError(
        "unknown key \"\(entry.key.printable())\"\(name.isEmpty ? "" : " in \(name)"): there is "
          + keys.sorted().joined(separator: ", "), line: entry.line)
    }
  }

  /// The entries of a mapping, of whatever keys; none where it is null.
  static func entries(_ value: YAMLValue, name: String) throws(WebConfigurationFileError) -> [YAMLValue.Entry] {
    if value.isNull { return [] }
    guard case .map(let entries) = value.content else {
      throw WebConfigurationFileError("\(name) has to be a mapping, lines of \"key: value\"", line: value.line)
    }
    return entries
  }

  /// A scalar as text, whatever it looks like; nil where it is null.
  static func text(_ value: YAMLValue, name: String) throws(WebConfigurationFileError) -> String? {
    switch value.content {
    case .plain(let text): return value.isNull ? nil : text
    case .quoted(let text): return text
    case .list, .map: throw WebConfigurationFileError("\(name) has to be one value", line: value.line)
    }
  }

  /// nil where the key is absent or null, as for all below.
  func value(_ key: String) -> Found<YAMLValue>? {
    // no two of these keys are equal and not the same bytes: they are ASCII
    entries.first { $0.key == key && !$0.value.isNull }.map { Found(value: $0.value, line: $0.line) }
  }

  /// Where a key stands, also one that is null.
  func line(of key: String) -> Int? { entries.first { $0.key == key }?.line }

  /// An empty text is none.
  func text(_ key: String) throws(WebConfigurationFileError) -> Found<String>? {
    guard let found = value(key), let text = try Self.text(found.value, name: key), !text.isEmpty else { return nil }
    return Found(value: text, line: found.line)
  }

  func texts(_ key: String) throws(WebConfigurationFileError) -> Found<[Found<String>]>? {
    guard let found = value(key) else { return nil }
    guard case .list(let elements) = found.value.content else {
      throw WebConfigurationFileError("\(key) has to be a list", line: found.line)
    }
    var texts: [Found<String>] = []
    for element in elements {
      let text = try Self.text(element, name: "each of \(key)") ?? ""
      texts.append(Found(value: text, line: element.line))
    }
    return Found(value: texts, line: found.line)
  }

  /// As YAML 1.1 has them.
  func flag(_ key: String) throws(WebConfigurationFileError) -> Found<Bool>? {
    guard let found = value(key) else { return nil }
    if case .plain(let text) = found.value.content {
      switch text {
      case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y":
        return Found(value: true, line: found.line)
      case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N":
        return Found(value: false, line: found.line)
      default: break
      }
    }
    throw WebConfigurationFileError("\(key) has to be true or false", line: found.line)
  }

  func integer(_ key: String) throws(WebConfigurationFileError) -> Found<Int>? {
    guard let found = value(key) else { return nil }
    guard case .plain(let text) = found.value.content, let number = Int(text) else {
      throw WebConfigurationFileError("\(key) has to be a whole number", line: found.line)
    }
    return Found(value: number, line: found.line)
  }
}
