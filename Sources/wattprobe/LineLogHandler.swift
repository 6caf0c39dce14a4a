import Glibc
import JSONText
import Logging

/// Writes one line an event to standard error: `key=value` text as node_exporter does, or JSON.
struct LineLogHandler: LogHandler {
  let format: LogFormat
  var logLevel = Logger.Level.info
  var metadata = Logger.Metadata()

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
    let pairs =
      [("time", Timestamp.utc), ("level", event.level.rawValue), ("msg", "\(event.message)")]
      + fields.map { ($0.key, "\($0.value)") }
    let line =
      switch format {
      case .text: pairs.map { "\($0)=\(Self.textValue($1))" }.joined(separator: " ")
      case .json: "{" + pairs.map { "\(JSON.quoted($0)):\(JSON.quoted($1))" }.joined(separator: ",") + "}"
      }
    // one write, so that lines of two threads do not mix
    Terminal.write(line + "\n", to: STDERR_FILENO)
  }

  /// UTC to the millisecond, as RFC 3339 has it.
  /// Bare where that is unmistakable, else quoted.
  private static func textValue(_ value: String) -> String {
    let isPlain =
      !value.isEmpty
      && value.utf8.allSatisfy {
        $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: "\\")
      }
    return isPlain ? value : JSON.quoted(value)
  }
}
