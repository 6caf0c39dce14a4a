import Glibc
import Host
import Recording

/// Where text goes: a file, which is there once it is complete, or standard output.
struct OutputFile: ~Copyable {
  /// nil: standard output.
  private let path: String?
  private let isForced: Bool
  private let descriptor: Int32

  private static func partial(_ path: String) -> String { path + ".part" }

  /// - Parameter path: nil or `-`: standard output.
  init(_ path: String?, isForced: Bool) throws(StartError) {
    let path = path == "-" ? nil : path
    // a reader that goes away is an error like others
    signal(SIGPIPE, SIG_IGN)
    var descriptor = STDOUT_FILENO
    if let path {
      try Self.check(path, isForced: isForced)
      descriptor = open(Self.partial(path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { throw Self.error(path) }
    }
    self.path = path
    self.isForced = isForced
    self.descriptor = descriptor
  }

  deinit { if path != nil { close(descriptor) } }

  /// Refuses a file that is there.
  static func check(_ path: String, isForced: Bool) throws(StartError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw StartError("\(path) is no file", cure: "give the name of a file")
    }
    if !isForced { throw StartError("\(path) exists", cure: "give another name, or replace it with --force") }
  }

  func write(_ bytes: [UInt8]) throws(RecordingError) {
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw failure() }
      written += count
    }
  }

  private func failure() -> RecordingError {
    let name = path ?? "standard output"
    switch errno {
    case ENOSPC, EDQUOT, EFBIG: return RecordingError(.full, "no room is left for \(name)", cure: "make room for it")
    case EPIPE:
      return RecordingError(
        .system, "the reader of \(name) is gone", cure: "have it read to the end, or write to a file with -o")
    default:
      return RecordingError(.system, "\(name): \(String(cString: strerror(errno)))", cure: "see that it can be written")
    }
  }

  /// Puts the file in its place. Without it, nothing is there.
  func commit() throws {
    guard let path else { return }
    // what has come meanwhile stays
    try Self.check(path, isForced: isForced)
    guard rename(Self.partial(path), path) == 0 else { throw Self.error(path) }
  }

  /// Leaves nothing behind.
  func discard() { if let path { unlink(Self.partial(path)) } }

  private static func error(_ path: String) -> StartError {
    StartError(
      "cannot write \(path): \(String(cString: strerror(errno)))", cure: "give a file in a folder that can be written")
  }
}

extension OutputFile {
  /// Writes a file by `body`, or none where that fails.
  static func write(_ path: String?, isForced: Bool, _ body: (borrowing OutputFile) throws -> Void) throws {
    let file = try OutputFile(path, isForced: isForced)
    do {
      try body(file)
      try file.commit()
    } catch {
      file.discard()
      throw error
    }
  }
}
