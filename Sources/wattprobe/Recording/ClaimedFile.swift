import Glibc
import Host

/// The new file of a recording. As long as this lives, no other recorder gets it.
///
/// It must not end before the database in it is closed: with any descriptor of a file, a process gives up the locks that SQLite
/// has on it.
struct ClaimedFile: ~Copyable {
  private let path: String
  private let descriptor: FileDescriptor

  /// - Parameter isForced: what is there is replaced, unless somebody records to it.
  init(_ path: String, isForced: Bool) throws(StartError) {
    var made = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    if made < 0 && errno == EEXIST {
      try Self.clear(path, isForced)
      made = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    }
    guard made >= 0 else { throw Self.error(path) }
    let descriptor = FileDescriptor(owning: made)
    guard flock(made, LOCK_EX | LOCK_NB) == 0 else { throw Self.busy(path) }
    self.path = path
    self.descriptor = descriptor
    // of a recording that was there before
    Self.removeCompanions(path)
  }

  private static func clear(_ path: String, _ isForced: Bool) throws(StartError) {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw StartError("\(path) is no file", cure: "give the name of a file; `wattprobe export` writes to pipes")
    }
    let old = open(path, O_RDONLY | O_CLOEXEC)
    guard old >= 0 else { throw error(path) }
    defer { close(old) }
    guard flock(old, LOCK_EX | LOCK_NB) == 0 else { throw busy(path) }
    guard isForced else {
      throw StartError("\(path) exists", cure: "give another name, or replace it with --force")
    }
    guard unlink(path) == 0 else { throw error(path) }
  }

  private static func busy(_ path: String) -> StartError {
    StartError("\(path) is being recorded to by another wattprobe", cure: "give another name, or end that one")
  }

  private static func error(_ path: String) -> StartError {
    StartError(
      "cannot write \(path): \(String(cString: strerror(errno)))", cure: "give a file in a folder that can be written")
  }

  private static func removeCompanions(_ path: String) {
    for suffix in ["-wal", "-shm", "-journal"] { unlink(path + suffix) }
  }

  func remove() {
    unlink(path)
    Self.removeCompanions(path)
  }
}
