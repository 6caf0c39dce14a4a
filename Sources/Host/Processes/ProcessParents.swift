/// Which process started which.
package enum ProcessParents {
  /// The parent of each of `processes` and of those above them, by process id; without those that are gone or hidden. The first
  /// process has the parent 0.
  package static func above(_ processes: some Sequence<UInt32>, paths: HostPaths) -> [UInt32: UInt32] {
    var parents: [UInt32: UInt32] = [:]
    var bytes: [UInt8] = []
    for process in processes {
      var next = process
      while next != 0, parents[next] == nil {
        guard (try? SmallFile.read(paths.proc("\(next)/stat"), into: &bytes, most: 4096)) != nil,
          let parent = parent(bytes)
        else { break }
        parents[next] = parent
        next = parent
      }
    }
    return parents
  }

  /// The fourth field of `/proc/<pid>/stat` (proc(5)). The second, the name in parentheses, may hold anything.
  private static func parent(_ text: [UInt8]) -> UInt32? {
    guard let end = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    var cursor = TextCursor(text.span.extracting((end + 1)..<text.count))
    cursor.skipSpaces()
    cursor.skipByte()
    cursor.skipSpaces()
    return cursor.unsigned().flatMap { UInt32(exactly: $0) }
  }
}
