/// Why something could not be done with a recording: what it was, by name, and what would cure it.
package struct RecordingError: Error, Hashable, CustomStringConvertible {
  package enum Kind: Sendable, Hashable {
    /// No room is left on the file system, or for the file.
    case full
    /// Somebody else writes it.
    case busy
    /// It is something else than a recording, or of a newer version.
    case foreign
    /// It contradicts itself.
    case damaged
    /// The system refused a call.
    case system
  }

  package let kind: Kind
  package let message: String
  package let cure: String

  package init(_ kind: Kind, _ message: String, cure: String) {
    self.kind = kind
    self.message = message
    self.cure = cure
  }

  package var description: String { "\(message): \(cure)" }

  /// A file that is a database, but in which `what` is wrong.
  static func damaged(_ path: String, _ what: String) -> RecordingError {
    RecordingError(
      .damaged, "\(path) is damaged: \(what)",
      cure: "copy what can be read of it with `sqlite3 \(path) .recover | sqlite3 NEW`, and use NEW")
  }
}
