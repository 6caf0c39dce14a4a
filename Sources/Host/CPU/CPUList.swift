/// The kernel's CPU lists: `0-3,5`.
package enum CPUList {
  /// More CPUs than any kernel is built for (NR_CPUS is at most 8192): a higher number is a broken file.
  static let highest: UInt64 = 65535

  /// The CPU numbers of a list such as `0-3,5`; an empty list is valid. `path` names the file in errors.
  package static func parse(_ bytes: Span<UInt8>, path: String) throws(HostError) -> [Int] {
    var cursor = TextCursor(bytes)
    var cpus: [Int] = []
    if cursor.next == UInt8(ascii: "\n") || cursor.isAtEnd { return [] }
    repeat {
      guard let first = cursor.unsigned() else { throw .malformed(path, expected: "a CPU list", in: bytes) }
      var last = first
      if cursor.skip("-") {
        guard let end = cursor.unsigned() else { throw .malformed(path, expected: "a CPU list", in: bytes) }
        last = end
      }
      // the kernel writes them in order, each once
      guard first <= last, last <= highest, cpus.last.map({ first > UInt64($0) }) ?? true else {
        throw .malformed(path, expected: "a CPU list", in: bytes)
      }
      cpus.append(contentsOf: Int(first)...Int(last))
    } while cursor.skip(",")
    _ = cursor.skip("\n")
    guard cursor.isAtEnd else { throw .malformed(path, expected: "a CPU list", in: bytes) }
    return cpus
  }

  /// The list in the file `path`.
  package static func read(_ path: String) throws(HostError) -> [Int] {
    let bytes = try SmallFile.bytes(path)
    return try parse(bytes.span, path: path)
  }
}
