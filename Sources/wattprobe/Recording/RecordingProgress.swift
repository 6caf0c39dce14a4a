import Glibc
import Recording

/// What people see on a terminal while a recording goes on; nobody else sees anything.
struct RecordingProgress {
  private static let isShown = isatty(STDERR_FILENO) == 1

  /// Nanoseconds; nil: without end.
  let duration: UInt64?

  func show(_ writer: borrowing RecordingWriter, bytes: UInt64, elapsed: UInt64) {
    guard Self.isShown else { return }
    let of = duration.map { " of \($0 / 1_000_000_000) s" } ?? " s, Ctrl-C ends it"
    Self.line(
      "\(elapsed / 1_000_000_000)\(of): \(writer.collections) collections, \(writer.seriesCount) series, "
        + "\(Self.size(bytes)), \(writer.gaps) gaps")
  }

  /// The last line.
  static func end(_ text: String) {
    guard isShown else { return }
    line(text)
    Terminal.write("\n", to: STDERR_FILENO)
  }

  /// In place of the one before.
  private static func line(_ text: String) { Terminal.write("\r\u{1B}[K\(text)", to: STDERR_FILENO) }

  static func size(_ bytes: UInt64) -> String {
    bytes < 10_000_000 ? "\(bytes / 1000) kB" : "\(bytes / 1_000_000) MB"
  }
}
