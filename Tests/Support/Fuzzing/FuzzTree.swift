import Fixtures
import Glibc
import Synchronization
import Host

/// A procfs or sysfs of which an input changes some files: pieces between 0xFF bytes, each the number of a file and its bytes.
final class FuzzTree: Sendable {
  private static let separator: UInt8 = 0xFF

  private let files: [(path: String, text: String)]
  private let tree: TemporaryTree
  /// One input at a time.
  private let lock = Mutex(())

  init(_ files: [(String, String)]) {
    self.files = files.map { (path: $0.0, text: $0.1) }
    tree = try! TemporaryTree()
    for (path, text) in files { try! tree.write(path, text) }
  }

  /// One for each file: the file as it is.
  var seeds: [[UInt8]] { files.enumerated().map { [UInt8($0.offset)] + Array($0.element.text.utf8) } }

  /// Calls `before` with the tree as it is, and `body` with it as the input has it.
  func with(_ input: [UInt8], before: (HostPaths) -> Void = { _ in }, _ body: (HostPaths) -> Void) {
    lock.withLock { _ in
      before(tree.paths)
      let pieces = input.split(separator: Self.separator)
      let changed = pieces.compactMap { piece in
        piece.first.map { (file: files[Int($0) % files.count], bytes: Array(piece.dropFirst())) }
      }
      for (file, bytes) in changed { write(bytes, to: file.path) }
      body(tree.paths)
      for (file, _) in changed { write(Array(file.text.utf8), to: file.path) }
    }
  }

  private func write(_ bytes: [UInt8], to path: String) {
    let descriptor = open(tree.path(path), O_WRONLY | O_TRUNC)
    _ = Glibc.write(descriptor, bytes, bytes.count)
    close(descriptor)
  }
}
