/// The shape that `/proc/interrupts` and `/proc/softirqs` share: a heading of CPUs, then rows of a label, a colon, one
/// count per CPU and, with interrupts, words that say what it is.
struct PerCPUCounts {
  struct Row {
    let label: String
    /// One per CPU of the heading; one in all for `ERR` and `MIS`, which have no CPU.
    let counts: [UInt64]
    /// What follows the counts, without the spaces around it.
    let rest: String
  }

  /// The CPUs in the order of the columns: those online.
  let cpus: [Int]
  let rows: [Row]

  init(parsing bytes: Span<UInt8>, path: String) throws(HostError) {
    var cursor = TextCursor(bytes)
    var cpus: [Int] = []
    cursor.skipSpaces()
    while cursor.skip("CPU") {
      guard let number = cursor.unsigned(), let cpu = Int(exactly: number) else { break }
      cpus.append(cpu)
      cursor.skipSpaces()
    }
    guard !cpus.isEmpty, cursor.skip("\n") else {
      throw .malformed(path, expected: "a heading of CPUs", in: bytes)
    }
    var rows: [Row] = []
    while !cursor.isAtEnd {
      if let row = Self.row(&cursor, bytes, columns: cpus.count) { rows.append(row) }
      cursor.skipLine()
    }
    self.cpus = cpus
    self.rows = rows
  }

  // Nil, somewhere in the line, where it has no label or no count.
  private static func row(_ cursor: inout TextCursor, _ bytes: Span<UInt8>, columns: Int) -> Row? {
    cursor.skipSpaces()
    let start = cursor.position
    while let byte = cursor.next, byte != UInt8(ascii: ":"), byte != UInt8(ascii: "\n") { cursor.skipByte() }
    let label = text(bytes, start, cursor.position)
    guard !label.isEmpty, cursor.skip(":") else { return nil }
    var counts: [UInt64] = []
    cursor.skipSpaces()
    while counts.count < columns, let count = cursor.unsigned() {
      counts.append(count)
      cursor.skipSpaces()
    }
    guard !counts.isEmpty else { return nil }
    let rest = cursor.position
    cursor.skip(to: UInt8(ascii: "\n"))
    var end = cursor.position
    while end > rest, bytes[end - 1] == UInt8(ascii: " ") { end -= 1 }
    return Row(label: label, counts: counts, rest: text(bytes, rest, end))
  }

  private static func text(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> String {
    var text: [UInt8] = []
    for index in start..<end { text.append(bytes[index]) }
    return String(decoding: text, as: UTF8.self)
  }
}
