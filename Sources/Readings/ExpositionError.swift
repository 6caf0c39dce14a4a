/// Text that is no exposition: which line, and why.
package struct ExpositionError: Error, Hashable, CustomStringConvertible {
  /// From 1 on.
  package let line: Int
  package let cause: String
  /// How the line begins, without what a terminal would take for commands.
  package let text: String

  init(line: Int, _ cause: String, _ text: ArraySlice<UInt8>) {
    self.line = line
    self.cause = cause
    let most = 60
    let shown = text.prefix(most).map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }
    self.text = String(decoding: shown, as: UTF8.self) + (text.count > most ? "..." : "")
  }

  package var description: String { "line \(line): \(cause): \(text)" }
}
