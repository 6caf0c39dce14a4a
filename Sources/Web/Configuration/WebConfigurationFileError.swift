internal import ByteText

/// What is wrong with a web configuration file, or with a file that it names.
package struct WebConfigurationFileError: Error, Hashable, CustomStringConvertible {
  package var path = ""
  /// From 1; nil where it is about the file as a whole.
  package let line: Int?
  package let cause: String

  init(_ cause: String, line: Int? = nil) {
    self.cause = cause
    self.line = line
  }

  /// `web.yml:3: cause`.
  package var description: String {
    "\(path.printable(characters: 256))\(line.map { ":\($0)" } ?? ""): \(cause)"
  }

  func inFile(_ path: String) -> WebConfigurationFileError {
    var error = self
    error.path = path
    return error
  }
}

/// Something in a web configuration file that is accepted, and most likely not meant.
package struct WebConfigurationFileWarning: Sendable, Hashable, CustomStringConvertible {
  package let path: String
  package let line: Int?
  package let text: String

  package var description: String { "\(path)\(line.map { ":\($0)" } ?? ""): \(text)" }
}
