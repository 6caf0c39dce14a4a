internal import JSONText

/// What figures are made of, as JSON.
extension JSON {
  /// Null where it is no finite number, or there is none.
  static func real(_ value: Double?) -> JSON { value.map { .double($0) } ?? .null }
  static func exact(_ value: Exact?) -> JSON { value.map { .number($0.text) } ?? .null }
  static func count(_ value: some BinaryInteger) -> JSON { .number("\(value)") }
  static func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
}
