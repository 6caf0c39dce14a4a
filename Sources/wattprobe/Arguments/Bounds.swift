import ArgumentParser

/// What an option takes.
enum Bounds {
  /// Refuses a value out of bounds: `--process.limit 0: give a number from 1 to 10000`.
  static func check<Value: Comparable>(
    _ option: String, _ value: Value, in bounds: ClosedRange<Value>, is kind: String = "number"
  ) throws {
    guard bounds.contains(value) else {
      throw ValidationError(
        "--\(option) \(text(value)): give a \(kind) from \(text(bounds.lowerBound)) to \(text(bounds.upperBound))")
    }
  }

  /// As somebody would write it: 1, not 1.0.
  private static func text<Value>(_ value: Value) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
